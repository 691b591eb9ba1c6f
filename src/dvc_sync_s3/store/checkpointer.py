"""Move what was committed from the write-ahead log into the index, on a thread of its own.

Inside the committing thread a checkpoint holds up every write: the 99th percentile was 470 ms
instead of 9 (https://www.sqlite.org/wal.html#performance_considerations).
"""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import structlog

from dvc_sync_s3.store import index

if TYPE_CHECKING:
    from pathlib import Path

WORTHWHILE_BYTES = 16 << 20
# A passive checkpoint under steady load never catches up with the log's end, so the log grows; past this
# size one waits for the readers and holds writers up for the short rest, and the log begins anew.
TOO_LONG_BYTES = 64 << 20
# The log keeps its size when it begins anew, so size alone would ask for one checkpoint a commit.
PAUSE_S = 0.25
# Longer waits would be felt by annotators; the next commit asks again.
RESTART_TIMEOUT_S = 0.2

_log = structlog.get_logger("store")


class Checkpointer:
    """Checkpoint `index_path` whenever `wake` finds its write-ahead log long enough."""

    def __init__(self, index_path: Path) -> None:
        self._index_path = index_path
        self._wal = index.log_of(index_path)
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-checkpointer", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that something was committed; cheap and never waits."""
        self._wake.set()

    def close(self) -> None:
        """End the thread after the checkpoint under way."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        connection = index.connect(self._index_path)
        connection.execute(f"PRAGMA busy_timeout = {int(RESTART_TIMEOUT_S * 1000)}")
        while not self._stop.wait(PAUSE_S):
            self._wake.wait()
            self._wake.clear()
            try:
                self._checkpoint(connection)
            except (sqlite3.Error, OSError) as error:
                # The log keeps everything; only its length suffers until a later checkpoint works.
                _log.warning("the index could not be checkpointed", error=str(error))
        connection.close()

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        if self._log_bytes() < WORTHWHILE_BYTES:
            return
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if self._log_bytes() > TOO_LONG_BYTES:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _log_bytes(self) -> int:
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0
