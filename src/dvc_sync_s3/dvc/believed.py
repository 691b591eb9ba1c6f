"""Files whose md5 is known: each is read whole once, and again when it is no longer the same file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

_MOST = 10_000
"""What is forgotten is read again; a folder with a million records has 2,000 shards."""


class Believed:
    """The md5 of files that were written or read whole, believed while their inode, size and time stay the same."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[str, _Print]] = {}

    def believe(self, path: Path, md5: str) -> None:
        """Remember that the file has this md5 (hexadecimal), as its writer knows."""
        self._seen.pop(path, None)
        if (now := _print_of(path)) is not None:
            self._seen[path] = md5, now
        while len(self._seen) > _MOST:
            self._seen.pop(next(iter(self._seen)), None)

    def has(self, path: Path, md5: str) -> bool:
        """Tell whether there is such a file with this md5; reads all of it unless it is believed. Raises OSError."""
        now = _print_of(path)
        if now is None:
            return False
        if self._seen.get(path) != (md5, now):
            if md5_of(path) != md5:
                return False
            self._seen[path] = md5, now
        return True

    def forget(self, is_gone: Callable[[Path], bool]) -> None:
        """Forget files."""
        self._seen = {path: seen for path, seen in self._seen.items() if not is_gone(path)}


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
