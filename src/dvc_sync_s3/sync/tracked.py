"""The dataset as DVC tracks it: a `.dvc` file on the branch, a version in the cache and on the remote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dvc_sync_s3.dataset.layouts import Content, Version, Written
from dvc_sync_s3.dataset.layouts.layout import Derivation
from dvc_sync_s3.dvc.answering import Answering
from dvc_sync_s3.dvc.cache import Cache
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.gitignore import with_ignored
from dvc_sync_s3.dvc.parts import Basis, Shared
from dvc_sync_s3.dvc.pointer import Pointer, read_pointer, write_pointer
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.dvc.remote_folder import Expected, require_folder
from dvc_sync_s3.dvc.root import CONFIG, find_root
from dvc_sync_s3.dvc.versioned import AnyRemote, Project, VersionedRemote, resolve
from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.sync.contents import Contents
from dvc_sync_s3.sync.presence import Presence
from dvc_sync_s3.sync.pushed_folders import PushedFolders
from dvc_sync_s3.sync.tracked_paths import gitignore_path, pointer_path


class Tracked:
    """What DVC tracks at `path` in a clone, whatever it is, in DVC's cache and on its remote."""

    def __init__(self, path: str, clone: Clone, remote: RemoteSettings, pushed: PushedFolders | None = None) -> None:
        """Track `path`; `pushed` remembers which folders hold versions, without it for as long as this object lives."""
        self._path = path
        self._clone = clone
        self._remote_settings = remote
        self._answering = Answering()
        dvc_folder = clone.folder / ".dvc"
        self.contents = Contents(Cache(dvc_folder / "cache"), dvc_folder / "tmp", self._opened)
        self._presence = Presence(self.contents)
        self._pushed = pushed or PushedFolders()
        self._resolved: tuple[object, AnyRemote] | None = None
        self._read: tuple[bytes, Pointer] | None = None

    def require(self) -> None:
        """Raise Blocked if the branch no longer has the dataset: it would be begun anew, without what it held."""
        if self._pointer() is None:
            name = pointer_path(self._path)
            raise Blocked(
                f"{name} is gone from the branch",
                hint=f"Restore {name} and push; or, if the dataset was moved, set DVC_DATASET to where it is now.",
            )

    @property
    def md5(self) -> str | None:
        """Return which version the branch has, None if it has no dataset."""
        pointer = self._pointer()
        return None if pointer is None else pointer.md5

    def upload(self, written: Written) -> None:
        """Send what is new with a version to the DVC remote. Raises Transient or Blocked."""
        with self._opened() as remote:
            if isinstance(remote, VersionedRemote):
                remote.refuse_folder(written.version.md5)
            else:
                if remote.folder is not None and self._expected(remote.folder) is Expected.NOTHING:
                    remote.prepare()
                self._presence.require(remote, self.version(), written)
            for together in _in_order(written.fresh):
                for content in together:
                    if content.derivation and isinstance(remote, Remote):
                        remote.push_by_copy(content.md5, self.contents.path(content.md5), _basis(content.derivation))
                remote.push_all((content.md5, self.contents.path(content.md5)) for content in together)

    def verify(self, written: Written) -> None:
        """Make sure that the remote has what is new with a version, whole. Raises Transient if it doesn't."""
        with self._opened() as remote:
            remote.verify_all((content.md5, content.size) for content in written.fresh)
            if isinstance(remote, Remote):
                self._presence.verified(remote, written)
            if remote.folder is not None:
                self._pushed.add(remote.folder)

    def files(self, written: Written) -> dict[str, bytes]:
        """Return what the commit changes: the `.dvc` file and, once, the `.gitignore` beside the dataset."""
        name = pointer_path(self._path)
        version = written.version
        fields = (version.md5, version.size, version.nfiles)
        plain = write_pointer(self._clone.read(name), self._path, *fields)
        files = {name: self._remote().pointer(version.md5, plain)}
        ignored = with_ignored(self._clone.read(gitignore_path(self._path)), self._path)
        if ignored is not None:
            files[gitignore_path(self._path)] = ignored
        return files

    def confirmed(self, written: Written) -> None:
        """Remove all cached contents but those that are new with a version, which the next change is likely to touch.

        What they replaced was needed for as long as the push could be rejected.
        """
        self.contents.keep_only((written.version.md5, *(content.md5 for content in written.fresh)))

    def let_go(self) -> None:
        """Remove all cached contents: none will be needed soon."""
        self.contents.keep_only(())

    def _pointer(self) -> Pointer | None:
        content = self._clone.read(pointer_path(self._path))
        if content is None:
            return None
        if self._read is None or self._read[0] != content:  # a cycle asks for it eight times
            self._read = content, read_pointer(content, self._path)
        return self._read[1]

    def version(self) -> Version | None:
        """Return which version the branch has, None if it has no dataset; raises Blocked if it can't be DVC's."""
        pointer = self._pointer()
        if pointer is None:
            self._refuse_if_git_tracks_it()
            return None
        return Version(pointer.md5, pointer.size, pointer.nfiles)

    @contextmanager
    def _opened(self) -> Iterator[AnyRemote]:
        """Give the DVC remote; after a failure it is opened anew, as its connections may be what is broken."""
        try:
            remote = self._remote()
            if remote.folder is not None:
                require_folder(remote.name, remote.folder, self._expected(remote.folder), self.md5)
            yield remote
        except (Transient, Blocked):
            self._resolved = None
            raise

    def _expected(self, folder: Path) -> Expected:
        if self._pushed.has(folder):
            return Expected.PUSHED
        return Expected.NOTHING if self._pointer() is None else Expected.NAMED

    def _remote(self) -> AnyRemote:
        """Return the DVC remote, resolved again only when the branch's configuration of it has changed."""
        pointer = self._pointer()
        root, named = self._dvc_root(), pointer.remote if pointer else None
        basis = (root, (root / CONFIG).read_bytes(), named)
        if self._resolved is None or self._resolved[0] != basis:
            remote = resolve(self._project(root), named, self._remote_settings, self._answering)
            if remote.folder is not None and remote.folder.resolve().is_relative_to(self._clone.folder.resolve()):
                raise Blocked(
                    f"the remote {remote.name} is a folder inside the repository, so everyone has one of their own",
                    hint="Give it an address that everyone reaches: `dvc remote modify <name> url`, commit and push.",
                )
            self._resolved = basis, remote
        return self._resolved[1]

    def _project(self, root: Path) -> Project:
        out = (self._clone.folder / self._path).relative_to(root).as_posix()
        workshop = self._clone.folder / ".dvc" / "tmp" / "project"
        return Project(root, out, lambda: self._clone.read(pointer_path(self._path)), workshop)

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


def _in_order(fresh: Sequence[Content]) -> Iterator[Sequence[Content]]:
    """Yield what may go up together: files, and a folder's listing when all of them are there.

    DVC takes a listing on the remote as proof that the files it names are there too.
    """
    listings = [content for content in fresh if content.md5.endswith(".dir")]
    yield [content for content in fresh if content not in listings]
    yield listings


def _basis(derivation: Derivation) -> Basis:
    shared: list[Shared] = []
    at = 0
    for piece in derivation.pieces:
        length = len(piece) if isinstance(piece, bytes) else piece.end - piece.start
        if not isinstance(piece, bytes):
            shared.append(Shared(at, at + length, piece.start))
        at += length
    return Basis(derivation.base_md5, tuple(shared))
