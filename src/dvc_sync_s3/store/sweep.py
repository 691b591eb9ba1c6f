"""Remove from staging what crashes left there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvc_sync_s3.store.incoming import remove_file
from dvc_sync_s3.store.tree import PUBLISHED_PREFIX

if TYPE_CHECKING:
    import sqlite3

    from dvc_sync_s3.clock import Clock
    from dvc_sync_s3.store.folder import DataFolder

ABANDONED_AFTER_S = 24 * 3600
"""A body that got no byte for so long is no longer on its way in, whichever process received it."""


def sweep(folder: DataFolder, connection: sqlite3.Connection, clock: Clock) -> None:
    """Remove files that nobody will ask for; the caller holds the publisher's lock. Raises OSError."""
    abandoned_before_s = clock.now().timestamp() - ABANDONED_AFTER_S
    found = [
        path.name
        for path in folder.staging.iterdir()
        if path.name.startswith(PUBLISHED_PREFIX) or path.stat().st_mtime < abandoned_before_s
    ]
    kept = {staged for (staged,) in connection.execute("SELECT staged FROM objects WHERE place IN ('body', 'staged')")}
    for name in found:
        if name not in kept:
            remove_file(folder.staging / name)
