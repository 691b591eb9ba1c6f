"""The dataset as DVC tracks it: a `.dvc` file on the branch, a version in the cache and on the remote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from dvc_sync_s3.dataset.layouts.layout import Layout, Written
from dvc_sync_s3.dataset.record import Dataset
from dvc_sync_s3.dvc.cache import Cache
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.gitignore import with_ignored
from dvc_sync_s3.dvc.pointer import Pointer, read_pointer, write_pointer
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.dvc.root import CONFIG, config_paths, find_root
from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.git.clone import Clone


class TrackedDataset:
    """The dataset at `path` in a clone, read and written through DVC's cache and remote."""

    def __init__(self, path: str, layout: Layout, clone: Clone, remote: RemoteSettings) -> None:
        self._path = path
        self._layout = layout
        self._clone = clone
        self._remote_settings = remote
        self._cache = Cache(clone.folder / ".dvc" / "cache")
        self._resolved: tuple[object, Remote] | None = None

    def read(self) -> Dataset:
        """Return the dataset as the branch has it; an absent one is empty. Raises Transient or Blocked."""
        pointer = self._pointer()
        if pointer is None:
            self._refuse_if_git_tracks_it()
            return Dataset({})
        return self._layout.read(self._version(pointer))

    def require(self) -> None:
        """Raise Blocked if the branch no longer has the dataset: it would be begun anew, without what it held."""
        if self._pointer() is None:
            name = pointer_path(self._path)
            raise Blocked(
                f"{name} is gone from the branch",
                hint=f"Restore {name} and push; or, if the dataset was moved, set DVC_DATASET to where it is now.",
            )

    def write(self, dataset: Dataset) -> Written:
        """Put a new version into the cache and let go of all but it and the branch's."""
        pointer = self._pointer()
        fresh = self._clone.folder / ".dvc" / "tmp" / "dataset.tmp"
        fresh.parent.mkdir(parents=True, exist_ok=True)
        written = self._layout.write(dataset, fresh)
        self._cache.adopt(fresh, written.md5)
        self._cache.keep({written.md5, *([pointer.md5] if pointer else [])})
        return written

    def upload(self, written: Written) -> None:
        """Send a version to the DVC remote. Raises Transient or Blocked."""
        with self._opened(self._pointer()) as remote:
            remote.push(written.md5, self._cache.path(written.md5))

    def verify(self, written: Written) -> None:
        """Make sure that the remote has the whole version. Raises Transient if it doesn't."""
        with self._opened(self._pointer()) as remote:
            remote.verify(written.md5, written.size)

    def files(self, written: Written) -> dict[str, bytes]:
        """Return what the commit changes: the `.dvc` file and, once, the `.gitignore` beside the dataset."""
        name = pointer_path(self._path)
        files = {name: write_pointer(self._clone.read(name), self._path, written.md5, written.size)}
        ignored = with_ignored(self._clone.read(gitignore_path(self._path)), self._path)
        if ignored is not None:
            files[gitignore_path(self._path)] = ignored
        return files

    def _pointer(self) -> Pointer | None:
        content = self._clone.read(pointer_path(self._path))
        return None if content is None else read_pointer(content, self._path)

    def _version(self, pointer: Pointer) -> Path:
        """Return a file that holds the version: from the cache if it is whole there, else from the remote."""
        path = self._cache.path(pointer.md5)
        if not self._cache.intact(pointer.md5):
            fresh = self._clone.folder / ".dvc" / "tmp" / "fetched.tmp"
            fresh.parent.mkdir(parents=True, exist_ok=True)
            with self._opened(pointer) as remote:
                remote.fetch(pointer.md5, fresh)
            self._cache.adopt(fresh, pointer.md5)
        return path

    @contextmanager
    def _opened(self, pointer: Pointer | None) -> Iterator[Remote]:
        """Give the DVC remote; after a failure it is opened anew, as its connections may be what is broken."""
        try:
            yield self._remote(pointer)
        except (Transient, Blocked):
            self._resolved = None
            raise

    def _remote(self, pointer: Pointer | None) -> Remote:
        """Return the DVC remote, resolved again only when the branch's configuration of it has changed."""
        root, named = self._dvc_root(), pointer.remote if pointer else None
        basis = (root, (root / CONFIG).read_bytes(), named)
        if self._resolved is None or self._resolved[0] != basis:
            remote = Remote.resolve(root, named, self._remote_settings)
            if remote.is_below(self._clone.folder):
                raise Blocked(
                    f"the remote {remote.name} is a folder inside the repository, so everyone has one of their own",
                    hint="Give it an address that everyone reaches: `dvc remote modify <name> url`, commit and push.",
                )
            self._resolved = basis, remote
        return self._resolved[1]

    def _dvc_root(self) -> Path:
        """Return the folder whose `.dvc` the dataset belongs to, as the refreshed clone has it."""
        root = find_root(self._clone.folder, self._path)
        if root is None:
            raise Blocked(
                "the repository has no DVC",
                hint="Run `dvc init` and `dvc remote add -d <name> <url>` in the repository, commit and push.",
            )
        return root

    def _refuse_if_git_tracks_it(self) -> None:
        self._dvc_root()
        if self._clone.tracks(self._path):
            raise Blocked(
                f"Git itself tracks {self._path}, so DVC can't",
                hint=f"Run `git rm -r --cached {self._path}` and `dvc add {self._path}`, commit and push.",
            )


def written_out_paths(dataset: str) -> tuple[str, ...]:
    """Return the paths that the clone must have as files: those that DVC reads of a repository for this dataset.

    >>> written_out_paths("data.json")
    ('.dvc/config', '.dvcignore', 'data.json.dvc', '.gitignore')
    """
    ignored = (str(folder / ".dvcignore") for folder in PurePosixPath(dataset).parents)
    return (*config_paths(dataset), *ignored, pointer_path(dataset), gitignore_path(dataset))


def pointer_path(dataset: str) -> str:
    """Return the path of a dataset's `.dvc` file.

    >>> pointer_path("data/data.json")
    'data/data.json.dvc'
    """
    return f"{dataset}.dvc"


def gitignore_path(dataset: str) -> str:
    """Return the path of the `.gitignore` that DVC writes beside a dataset.

    >>> gitignore_path("data/data.json")
    'data/.gitignore'
    """
    return str(PurePosixPath(dataset).parent / ".gitignore")
