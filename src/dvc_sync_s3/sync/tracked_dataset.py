"""The dataset of records: what DVC tracks, read and written in a layout."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from dvc_sync_s3.dataset.layouts import Layout, Written
from dvc_sync_s3.dataset.layouts.sorting import in_order
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.gitignore import with_ignored, without_ignored
from dvc_sync_s3.dvc.pointer import rename_out, write_pointer
from dvc_sync_s3.dvc.versioned import VersionedRemote
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.sync.at_path import Nothing
from dvc_sync_s3.sync.pushed_folders import PushedFolders
from dvc_sync_s3.sync.surroundings import Surroundings
from dvc_sync_s3.sync.tracked import Tracked
from dvc_sync_s3.sync.tracked_paths import gitignore_path, pointer_path


class TrackedDataset(Tracked):
    """The dataset of records at `path`, in a layout."""

    def __init__(
        self, path: str, layout: Layout, clone: Clone, remote: RemoteSettings, pushed: PushedFolders | None = None
    ) -> None:
        super().__init__(path, clone, remote, pushed)
        self._layout = layout

    def read(self, names: Collection[RecordId]) -> Mapping[RecordId, bytes]:
        """Return those of the records that the branch has; raises Transient or Blocked."""
        return self._layout.read(self.version(), names, self.contents)

    def lines(self) -> Iterator[tuple[RecordId | None, bytes]]:
        """Yield all that the branch has, one element at a time; raises Transient or Blocked."""
        return self._layout.lines(self.version(), self.contents)

    def write(self, patch: Mapping[RecordId, bytes | None]) -> Written:
        """Put the version with `patch` into the cache."""
        version = self.version()
        return self.whole(version, self._layout.write(version, patch, self.contents))

    def convert(self, layout: Layout) -> Written:
        """Put all that the branch has into the cache, in another layout; raises Blocked if that has no place for it."""
        if isinstance(self._remote(), VersionedRemote):
            raise Blocked(
                f"{self._path} is on a version-aware remote, which keeps it under its name",
                hint="Convert it by hand, or use a remote that isn't version-aware.",
            )
        out = self._out()
        if out.path != self._path:
            raise Blocked(
                f"{self._path} is a part of {out.path}, which {out.file} tracks as one",
                hint=f"Move it out of {out.path}, run `dvc add` on both, commit and push; then convert it.",
            )
        version = self.version()
        extras = ", ".join(islice(self._layout.extras(version, self.contents), 3))
        if extras:
            raise Blocked(
                f"{self._path} has files that another layout has no place for: {extras}",
                hint="Move them out of the folder, run `dvc add` on it, commit and push; then convert it.",
            )
        lines = in_order(self._layout.lines(version, self.contents), layout.order, self.contents.draft())
        return layout.create(lines, self.contents)

    def moved_files(self, path: str, written: Written) -> dict[str, bytes | None]:
        """Return what a commit changes (None: removes) that tracks `written` at `path` in place of the dataset.

        Raises Blocked if something is at `path` already.
        """
        file = self._out().file
        pointer = self._clone.read(file)
        if pointer is None or not isinstance(Surroundings(path, self._clone).place(), Nothing):
            raise Blocked(f"{path} is on the branch already", hint="Choose another path, or remove what is there.")
        version = written.version
        renamed = rename_out(pointer, self._path, path, file)
        fresh = write_pointer(renamed, path, version.md5, version.size, version.nfiles)
        files: dict[str, bytes | None] = {file: None, pointer_path(path): fresh}
        here, there = gitignore_path(self._path), gitignore_path(path)
        if (before := self._clone.read(here)) is not None:
            files[here] = without_ignored(before, self._path)
        before = files[there] if there in files else self._clone.read(there)
        files[there] = with_ignored(before, path) or before
        return files
