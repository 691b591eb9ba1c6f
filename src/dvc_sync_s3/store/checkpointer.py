"""Move what was committed from the write-ahead log into the index, on a thread of its own.

Inside the committing thread a checkpoint holds up every write: the 99th percentile was 470 ms
instead of 9 (https://www.sqlite.org/wal.html#performance_considerations).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from typing import TYPE_CHECKING

import structlog

from dvc_sync_s3 import durable
from dvc_sync_s3.store import index

if TYPE_CHECKING:
    from pathlib import Path

    from dvc_sync_s3.process import Turn

WORTHWHILE_BYTES = index.LOG_AT_REST_BYTES
# The disk is busy with each pass for a moment, in which commits take longer: few writes, a short one.
WORTHWHILE_WRITES = 512
# Few writes of large bodies make the log long, too.
TOO_LONG_BYTES = 2 * index.LOG_BYTES
# The log begins anew before it is longer than what it may keep.
RESTART_FRAMES = index.LOG_BYTES // index.FRAME_BYTES * 3 // 4
# So far a short read may be behind: some ten milliseconds of the fastest writes. One that is further is a long one.
LAG_FRAMES = RESTART_FRAMES // 16
PAUSE_S = 0.05
# Longer waits would be felt by annotators; a later commit asks again.
RESTART_TIMEOUT_S = 0.05

_log = structlog.get_logger("store")


class Checkpointer:
    """Checkpoint `index_path` whenever `wake` finds its write-ahead log long enough."""

    def __init__(self, index_path: Path, turn: Turn) -> None:
        """Own `turn`, that of all who write to the index."""
        self._index_path = index_path
        self._turn = turn
        self._writes = 0
        self._wal = index.log_of(index_path)
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._descriptor: int | None = None
        self._thread = threading.Thread(target=self._run, name="store-checkpointer", daemon=True)
        self._thread.start()

    def wake(self, writes: int) -> None:
        """Say that so many writes were committed; cheap and never waits."""
        self._writes += writes
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
        self._turn.close()

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        log_bytes = self._log_bytes()
        if log_bytes < WORTHWHILE_BYTES or (self._writes < WORTHWHILE_WRITES and log_bytes < TOO_LONG_BYTES):
            return
        self._writes = 0
        # Beside the writers, who add to the log meanwhile.
        is_busy, frames, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if is_busy:
            return  # another process is at it
        self._sync_index()
        if frames >= RESTART_FRAMES and frames - moved <= LAG_FRAMES:  # else writers would wait for a long read
            # Now writers wait for the short rest, and the log begins anew. To write over what is there takes the disk
            # two thirds of the time that it takes to append.
            with self._turn:
                connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()

    def _sync_index(self) -> None:
        """Wait until what was moved is on disk; overtaken by a writer, SQLite leaves that to the next checkpoint.

        The descriptor is never closed: that would end the locks that SQLite has on the file in this process
        (https://www.sqlite.org/howtocorrupt.html, "Posix advisory locks canceled by a separate thread doing close()").
        """
        if self._descriptor is None:
            self._descriptor = os.open(self._index_path, os.O_RDWR)
        durable.sync_data(self._descriptor)

    def _log_bytes(self) -> int:
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0
