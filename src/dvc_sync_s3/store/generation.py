"""A number that all processes share: it says whether anything was committed since one last looked.

To ask SQLite (`PRAGMA data_version`) takes a lock and a statement; to look at eight bytes of shared memory takes
neither.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NUMBER = struct.Struct("Q")
_BYTES = _NUMBER.size


class Generation:
    """The number in a file of `path`: even while nobody commits, odd meanwhile, higher after each commit.

    It goes up before a commit is acknowledged. A process that dies in the middle leaves it odd, which the next commit
    ends: until then nobody trusts it.
    """

    def __init__(self, path: Path) -> None:
        """Raise OSError if `path` can't be opened."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            if os.fstat(descriptor).st_size < _BYTES:
                os.ftruncate(descriptor, _BYTES)
            self._shared = mmap.mmap(descriptor, _BYTES)
        finally:
            os.close(descriptor)

    def settled(self) -> int | None:
        """Return the number, None while somebody commits."""
        number: int = _NUMBER.unpack_from(self._shared)[0]
        return None if number & 1 else number

    def number(self) -> int:
        """Return the number as it is: two that are the same say that nobody began or ended a commit between."""
        number: int = _NUMBER.unpack_from(self._shared)[0]
        return number

    @contextlib.contextmanager
    def committing(self) -> Iterator[None]:
        """Let nobody trust what they know of the index while the block runs, and make it old."""
        self._write(self.number() | 1)
        try:
            yield
        finally:
            self._write((self.number() | 1) + 1)

    def close(self) -> None:
        """Give the memory back."""
        self._shared.close()

    def _write(self, number: int) -> None:
        _NUMBER.pack_into(self._shared, 0, number)
