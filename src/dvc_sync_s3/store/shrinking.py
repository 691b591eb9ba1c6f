"""Give back to the disk what the index and its log grew by under load, once nothing is written any more.

Bodies wait in the index until they are plain files, so it grows with the largest backlog it ever held.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from dvc_sync_s3.store import index

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

KEPT_BYTES = 4 << 20
"""What may stay free in the index: the next writes use it again."""
_PAGES_AT_ONCE = 256
"""A write that comes meanwhile waits for so many to be moved: some milliseconds."""
_TIMES_TO_A_CHECKPOINT = 4
"""After so many the log, 8 MiB or so, is moved into the index, so that it begins anew instead of growing."""
_LOCK_TIMEOUT_S = 0.2
_WRITE = "BEGIN IMMEDIATE; INSERT INTO meta VALUES ('-', ''); DELETE FROM meta WHERE name = '-'; COMMIT;"


def shrink(index_path: Path, is_wanted: Callable[[], bool]) -> None:
    """Cut free pages off the index, and its write-ahead log, for as long as `is_wanted`; raises sqlite3.Error."""
    connection = index.connect(index_path)
    try:
        connection.execute(f"PRAGMA busy_timeout = {int(_LOCK_TIMEOUT_S * 1000)}")
        # Lost in a power cut, a step is done again; the next write's wait for the disk is for what came before it too.
        connection.execute("PRAGMA synchronous = NORMAL")
        _cut_free_pages(connection, is_wanted)
        if index.log_of(index_path).stat().st_size > index.LOG_AT_REST_BYTES and is_wanted():
            connection.execute(f"PRAGMA journal_size_limit = {index.LOG_AT_REST_BYTES}")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
            # The first write of a log cuts it; one that changes nothing SQLite leaves out.
            connection.executescript(_WRITE)
    finally:
        connection.close()


def _cut_free_pages(connection: sqlite3.Connection, is_wanted: Callable[[], bool]) -> None:
    kept = KEPT_BYTES // _value(connection, "page_size")
    before = None
    for times in itertools.count(1):
        free = _value(connection, "freelist_count")
        if free <= kept or free == before or not is_wanted():
            return
        connection.execute(f"PRAGMA incremental_vacuum({min(_PAGES_AT_ONCE, free - kept)})").fetchall()
        before = free
        if times % _TIMES_TO_A_CHECKPOINT == 0:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _value(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
