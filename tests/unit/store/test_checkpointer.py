"""The write-ahead log begins anew now and then, at its length: to write over it costs the disk less than to append."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dvc_sync_s3.process import Turn
from dvc_sync_s3.store import checkpointer, index
from dvc_sync_s3.store.checkpointer import Checkpointer

LOG_BYTES = 1 << 20
WRITES = 16


@pytest.fixture
def running(connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkpointer]:
    monkeypatch.setattr(checkpointer, "WORTHWHILE_BYTES", LOG_BYTES)
    monkeypatch.setattr(checkpointer, "WORTHWHILE_WRITES", WRITES)
    monkeypatch.setattr(checkpointer, "PAUSE_S", 0.001)
    connection.execute("PRAGMA synchronous = OFF")
    running = Checkpointer(tmp_path / "index.db", Turn(tmp_path / "turn"))
    yield running
    running.close()


def _round(log: Path) -> int:
    """Return how often the log began anew (https://www.sqlite.org/fileformat2.html#the_write_ahead_log)."""
    return int.from_bytes(log.read_bytes()[12:16], "big")


def test_the_log_is_written_over_not_cut_and_written_again(
    running: Checkpointer, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    log = index.log_of(tmp_path / "index.db")
    seq, shortest, deadline_s = 0, 0, time.monotonic() + 30
    while not log.exists() or _round(log) < 3:
        assert time.monotonic() < deadline_s
        seq += 1
        connection.execute("INSERT INTO bodies VALUES (?, zeroblob(50000))", (seq,))
        running.wake(1)
        now = log.stat().st_size
        assert now >= shortest
        shortest = min(LOG_BYTES, now)
    assert connection.execute("SELECT count(*) FROM bodies").fetchone() == (seq,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
