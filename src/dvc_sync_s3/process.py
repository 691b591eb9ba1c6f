"""Processes, and what keeps two of them from doing the same work: locks that die with their holder."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _wait_and_lock(descriptor: int) -> None:
        while True:
            # LK_LOCK gives up after ten tries, one a second.
            with contextlib.suppress(OSError):
                return msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _wait_and_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


class FileLock:
    """Hold `path` for one holder at a time; the system releases it when the holding process dies.

    The empty file stays behind: removing it would let two holders lock two files of one name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Return whether this lock is held now, without waiting; raises OSError if `path` can't be opened."""
        if self._descriptor is not None:
            return True
        descriptor = self._open()
        try:
            _lock(descriptor)
        except (BlockingIOError, PermissionError):  # the latter is what Windows says
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def acquire(self) -> None:
        """Wait until this lock is held; raises OSError if `path` can't be opened."""
        if self._descriptor is None:
            descriptor = self._open()
            try:
                _wait_and_lock(descriptor)
            except BaseException:
                os.close(descriptor)
                raise
            self._descriptor = descriptor

    def release(self) -> None:
        """Let the next holder in; does nothing if this lock is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
