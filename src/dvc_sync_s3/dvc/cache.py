"""The clone's DVC cache: disposable copies of the dataset's versions, by md5."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True, slots=True)
class Cache:
    """Files below `folder` (`.dvc/cache`) as DVC 3 lays them out; nothing here outlives a power cut for certain."""

    folder: Path

    def path(self, md5: str) -> Path:
        """Return where the version `md5` is, or would be."""
        return self._versions / md5[:2] / md5[2:]

    def has(self, md5: str, size: int) -> bool:
        """Tell whether the version is here with `size` bytes; cheap, and so no proof of its content."""
        path = self.path(md5)
        return path.is_file() and path.stat().st_size == size

    def intact(self, md5: str) -> bool:
        """Tell whether the version is here and its content has this md5; reads the whole file."""
        path = self.path(md5)
        return path.is_file() and md5_of(path) == md5

    def adopt(self, file: Path, md5: str) -> Path:
        """Move `file`, whose content has this md5, into the cache (same file system) and return its new path."""
        path = self.path(md5)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._remove(path)
        file.replace(path)
        path.chmod(_READ_ONLY)
        return path

    def keep(self, md5s: Collection[str]) -> None:
        """Remove all versions but these."""
        kept = {self.path(md5) for md5 in md5s}
        for path in self._versions.glob("*/*"):
            if path not in kept:
                self._remove(path)

    @property
    def _versions(self) -> Path:
        return self.folder / "files" / "md5"

    @staticmethod
    def _remove(path: Path) -> None:
        if path.exists():
            path.chmod(stat.S_IREAD | stat.S_IWRITE)  # Windows replaces and deletes no read-only file
            path.unlink()


def md5_of(path: Path) -> str:
    """Return the hexadecimal md5 of a file's content; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
