"""The dataset as DVC tracks it: a `.dvc` file on the branch, a version in the cache and on the remote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from dvc_sync_s3.dataset.layouts import Content, Version, Written
from dvc_sync_s3.dataset.layouts.layout import Derivation
from dvc_sync_s3.dvc.answering import Answering
from dvc_sync_s3.dvc.cache import Cache
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.gitignore import with_ignored
from dvc_sync_s3.dvc.parts import Basis, Shared
from dvc_sync_s3.dvc.pointer import Pointer, read_pointer, write_pointer
from dvc_sync_s3.dvc.project_view import Out
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.dvc.remote_folder import Expected, require_folder
from dvc_sync_s3.dvc.root import CONFIG
from dvc_sync_s3.dvc.versioned import AnyRemote, Project, VersionedRemote, resolve
from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.sync.at_path import InsideOut, OwnOut
from dvc_sync_s3.sync.contents import Contents
from dvc_sync_s3.sync.part import Part
from dvc_sync_s3.sync.presence import Presence
from dvc_sync_s3.sync.pushed_folders import PushedFolders
from dvc_sync_s3.sync.surroundings import Surroundings
from dvc_sync_s3.sync.tracked_paths import gitignore_path, pointer_path


class Tracked:
    """What DVC tracks at `path` in a clone, whatever it is, in DVC's cache and on its remote."""

    def __init__(self, path: str, clone: Clone, remote: RemoteSettings, pushed: PushedFolders | None = None) -> None:
        """Track `path`; `pushed` remembers which folders hold versions, without it for as long as this object lives."""
        self._path = path
        self._clone = clone
        self._remote_settings = remote
        self._answering = Answering()
        self.surroundings = Surroundings(path, clone)
        dvc_folder = clone.folder / ".dvc"
        self.contents = Contents(Cache(dvc_folder / "cache"), dvc_folder / "tmp", self._opened)
        self._presence = Presence(self.contents)
        self._pushed = pushed or PushedFolders()
        self._resolved: tuple[object, AnyRemote] | None = None
        self._read: tuple[bytes, Out, Pointer] | None = None
        self._part: Part | None = None

    def require(self) -> None:
        """Raise Blocked if the branch no longer has the dataset: it would be begun anew, without what it held."""
        if self.version() is None:
            out = self._out()
            name = f"{self._path} in {out.file}" if out.path != self._path else out.file
            raise Blocked(
                f"{name} is gone from the branch",
                hint=f"Restore {name} and push; or, if the dataset was moved, set DVC_DATASET to where it is now.",
            )

    @property
    def md5(self) -> str | None:
        """Return which version the branch has, None if it has no dataset."""
        version = self.version()
        return None if version is None else version.md5

    def upload(self, written: Written) -> None:
        """Send what is new with a version to the DVC remote. Raises Transient or Blocked."""
        with self._opened() as remote:
            if isinstance(remote, VersionedRemote):
                remote.refuse_folder(written.tracked.md5)
            else:
                if remote.folder is not None and self._expected(remote.folder) is Expected.NOTHING:
                    remote.prepare()
                self._presence.require(remote, self._named(), written)
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
        out, version = self._out(), written.tracked
        before = self._clone.read(out.file)
        plain = write_pointer(before, out.path, version.md5, version.size, version.nfiles, file=out.file)
        files = {out.file: self._remote().pointer(version.md5, plain)}
        if out.path != self._path:  # Git ignores the folder already
            return files
        ignored = with_ignored(self._clone.read(gitignore_path(self._path)), self._path)
        if ignored is not None:
            files[gitignore_path(self._path)] = ignored
        return files

    def whole(self, before: Version | None, written: Written) -> Written:
        """Return what was `written` as what the `.dvc` file is to name, if the dataset's version was `before`."""
        part, named = self._part_of_folder(), self._named()
        return written if part is None or named is None else part.whole(named, before, written)

    def confirmed(self, written: Written) -> None:
        """Remove all cached contents but those that are new with a version, which the next change is likely to touch.

        What they replaced was needed for as long as the push could be rejected.
        """
        self.contents.keep_only((written.version.md5, written.tracked.md5, *(content.md5 for content in written.fresh)))

    def let_go(self) -> None:
        """Remove all cached contents: none will be needed soon."""
        self.contents.keep_only(())

    def version(self) -> Version | None:
        """Return which version the branch has, None if it has no dataset; raises Blocked if it can't be DVC's."""
        named, part = self._named(), self._part_of_folder()
        return named if named is None or part is None else part.version(named)

    def _named(self) -> Version | None:
        """Return what the `.dvc` file names: the dataset's version, or that of the folder which it is a part of."""
        pointer = self._pointer()
        return None if pointer is None else Version(pointer.md5, pointer.size, pointer.nfiles)

    @property
    def metrics_folder(self) -> PurePosixPath:
        """Return where a file of Git's may stand beside the dataset: not in a folder that DVC tracks."""
        return PurePosixPath(self._out().path).parent

    def _out(self) -> Out:
        """Return the out that the dataset is, or is a part of, or will be."""
        place = self.surroundings.place()
        if isinstance(place, InsideOut):
            return Out(place.out, place.file)
        return Out(self._path, place.file if isinstance(place, OwnOut) else pointer_path(self._path))

    def _part_of_folder(self) -> Part | None:
        place = self.surroundings.place()
        if not isinstance(place, InsideOut):
            return None
        if self._part is None or self._part.inside != place:
            self._part = Part(place, self.contents)
        return self._part

    def _pointer(self) -> Pointer | None:
        out = self._out()
        content = self._clone.read(out.file)
        if content is None:
            return None
        if self._read is None or self._read[:2] != (content, out):  # a cycle asks for it eight times
            self._read = content, out, read_pointer(content, out.path, out.file)
        return self._read[2]

    @contextmanager
    def _opened(self) -> Iterator[AnyRemote]:
        """Give the DVC remote; after a failure it is opened anew, as its connections may be what is broken."""
        try:
            remote, named = self._remote(), self._named()
            if remote.folder is not None:
                require_folder(remote.name, remote.folder, self._expected(remote.folder), named.md5 if named else None)
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
        root, named = self.surroundings.dvc_root, pointer.remote if pointer else None
        basis = (root, (root / CONFIG).read_bytes(), named, self._out())
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
        out = self._out()
        path, file = ((self._clone.folder / each).relative_to(root).as_posix() for each in (out.path, out.file))
        workshop = self._clone.folder / ".dvc" / "tmp" / "project"
        return Project(root, path, file, lambda: self._clone.read(out.file), workshop)


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
