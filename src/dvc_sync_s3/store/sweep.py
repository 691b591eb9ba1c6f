"""Remove what crashes left in `staging/` and `uploads/`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from dvc_sync_s3.store.incoming import remove_file
from dvc_sync_s3.store.tree import PUBLISHED_PREFIX

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from dvc_sync_s3.clock import Clock
    from dvc_sync_s3.store.folder import DataFolder

ABANDONED_AFTER_S = 24 * 3600
"""A body that got no byte for so long is no longer on its way in, whichever process received it."""

_STAGED = "SELECT staged FROM objects WHERE place = 'staged'"
_PARTS = "SELECT file FROM parts"


def sweep(folder: DataFolder, connection: sqlite3.Connection, clock: Clock) -> None:
    """Remove files that nobody will ask for; the caller holds the publisher's lock and isn't publishing.

    Raises OSError.
    """
    abandoned_before_s = clock.now().timestamp() - ABANDONED_AFTER_S

    def is_abandoned(path: Path) -> bool:
        if path.name.startswith(PUBLISHED_PREFIX):
            return True
        with contextlib.suppress(FileNotFoundError):  # stored or refused meanwhile
            return path.stat().st_mtime < abandoned_before_s
        return False

    _sweep(folder.staging, is_abandoned, connection, _STAGED)
    _sweep(folder.uploads, is_abandoned, connection, _PARTS)


def _sweep(folder: Path, is_abandoned: Callable[[Path], bool], connection: sqlite3.Connection, names: str) -> None:
    found = [path for path in folder.iterdir() if is_abandoned(path)]
    if found:
        # Read after the folder: whatever was committed meanwhile is among them.
        kept = {name for (name,) in connection.execute(names)}
        for path in found:
            if path.name not in kept:
                remove_file(path)
