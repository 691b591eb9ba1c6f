"""The clone's place on disk: what is ours there, and what isn't."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from dvc_sync_s3.durable import make_folder, write_file

_MARK = "dvc-sync-clone"


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a clone; a file in its git folder marks it as ours and names the repository it was cloned from."""

    folder: Path

    @property
    def git_folder(self) -> Path:
        """Return the folder git knows as GIT_DIR."""
        return self.folder / ".git"

    def set_aside_foreign(self) -> Path | None:
        """Rename a folder (or file) that isn't ours to `<name>.aside-<n>` and return its new path; delete nothing."""
        if self._mark.exists() or not self.folder.exists():
            return None
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            return None
        number = 1
        while (aside := self.folder.with_name(f"{self.folder.name}.aside-{number}")).exists():
            number += 1
        return self.folder.rename(aside)

    def holds(self, url: str) -> bool:
        """Tell whether a complete clone of `url` was built here."""
        return self._mark.is_file() and self._mark.read_bytes() == url.encode()

    def mark(self, url: str) -> None:
        """Record that the clone here is ours and of `url`; an empty one means that it must be built again."""
        make_folder(self.git_folder)
        write_file(self._mark, url.encode())

    def note_default(self, url: str, branch: str) -> None:
        """Record that `branch` is the default one of the repository at `url`."""
        if not self.was_default(url, branch):
            write_file(self._default, f"{url}\n{branch}".encode())

    def was_default(self, url: str, branch: str) -> bool:
        """Tell whether `branch` was seen to be the default one of the repository at `url`."""
        return self._default.is_file() and self._default.read_bytes() == f"{url}\n{branch}".encode()

    def empty(self) -> None:
        """Remove everything from our git folder but the mark: a crash here leaves no folder of unknown owner."""
        self.mark("")
        for path in sorted(self.git_folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            elif path not in {self._mark, self._default}:
                path.chmod(stat.S_IREAD | stat.S_IWRITE)  # Windows deletes no read-only file, and packs are
                path.unlink()

    def spread_objects(self) -> None:
        """Make the folders that Git keeps single objects in, named by the first two digits of an object's id.

        A folder takes a file system as long as several files. The commits of a young clone would wait for nearly one
        for each of their objects; https://git-scm.com/docs/gitrepository-layout, objects/[0-9a-f][0-9a-f].
        """
        for number in range(256):
            (self.git_folder / "objects" / f"{number:02x}").mkdir(exist_ok=True)

    def remove_leftovers(self) -> None:
        """Remove what git processes left that failed or were killed: no one else works in the clone."""
        left = [
            *self.git_folder.glob("*.lock"),
            *(self.git_folder / "refs").rglob("*.lock"),
            self.git_folder / "gc.pid",
            *self.git_folder.glob("fast_import_crash_*"),
        ]
        for file in left:
            file.unlink(missing_ok=True)

    @property
    def _default(self) -> Path:
        return self.git_folder / "dvc-sync-default"

    @property
    def _mark(self) -> Path:
        return self.git_folder / _MARK
