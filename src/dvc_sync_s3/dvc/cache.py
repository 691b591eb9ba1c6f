"""The clone's DVC cache: disposable copies of the dataset's versions, by md5."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Collection
from pathlib import Path

_READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


class Cache:
    """Files below `folder` (`.dvc/cache`) as DVC 3 lays them out; nothing here outlives a power cut for certain.

    What this object wrote or checked it believes for as long as the file's inode, size and time stay the same.
    """

    def __init__(self, folder: Path) -> None:
        self._versions = folder / "files" / "md5"
        self._seen: dict[str, _Print] = {}

    def path(self, md5: str) -> Path:
        """Return where the version `md5` is, or would be."""
        return self._versions / md5[:2] / md5[2:]

    def is_intact(self, md5: str) -> bool:
        """Tell whether the version is here and its content has this md5; reads the whole file the first time."""
        path = self.path(md5)
        now = _print_of(path)
        if now is None:
            return False
        if self._seen.get(md5) != now:
            if md5_of(path) != md5.removesuffix(".dir"):
                return False
            self._seen[md5] = now
        return True

    def adopt(self, file: Path, md5: str) -> Path:
        """Move `file`, whose content has this md5, into the cache (same file system) and return its new path."""
        path = self.path(md5)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._remove(path)
        file.replace(path)
        path.chmod(_READ_ONLY)
        if (now := _print_of(path)) is not None:
            self._seen[md5] = now
        return path

    def keep(self, md5s: Collection[str]) -> None:
        """Remove all versions but these."""
        kept = {self.path(md5) for md5 in md5s}
        for path in self._versions.glob("*/*"):
            if path not in kept:
                self._remove(path)
        self._seen = {md5: seen for md5, seen in self._seen.items() if md5 in md5s}

    @staticmethod
    def _remove(path: Path) -> None:
        if path.exists():
            path.chmod(stat.S_IREAD | stat.S_IWRITE)  # Windows replaces and deletes no read-only file
            path.unlink()


_Print = tuple[int, int, int]


def _print_of(path: Path) -> _Print | None:
    """Return what changes with a file's content: inode, size, time; None if there is no file."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns


def md5_of(path: Path) -> str:
    """Return the hexadecimal md5 of a file's content; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
