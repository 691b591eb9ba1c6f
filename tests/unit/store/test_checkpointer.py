"""The write-ahead log begins anew now and then, at its length: to write over it costs the disk less than to append."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dvc_sync_s3.process import Turn
from dvc_sync_s3.store import checkpointer, index
from dvc_sync_s3.store.checkpointer import Checkpointer
from tests.e2e.servers.waiting import wait_until

LOG_BYTES = 1 << 20
WRITES = 16
LAG_FRAMES = 10


class CountedTurn(Turn):
    """A turn that says when it was first taken."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.was_taken = threading.Event()

    def __enter__(self) -> None:
        self.was_taken.set()
        super().__enter__()


@pytest.fixture
def turn(tmp_path: Path) -> CountedTurn:
    return CountedTurn(tmp_path / "turn")


@pytest.fixture
def running(
    connection: sqlite3.Connection, turn: CountedTurn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Checkpointer]:
    monkeypatch.setattr(checkpointer, "WORTHWHILE_BYTES", LOG_BYTES)
    monkeypatch.setattr(checkpointer, "WORTHWHILE_WRITES", WRITES)
    monkeypatch.setattr(checkpointer, "RESTART_FRAMES", LOG_BYTES // index.FRAME_BYTES)
    monkeypatch.setattr(checkpointer, "LAG_FRAMES", LAG_FRAMES)
    monkeypatch.setattr(checkpointer, "PAUSE_S", 0.001)
    connection.execute("PRAGMA synchronous = OFF")
    running = Checkpointer(tmp_path / "index.db", turn)
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
        connection.execute("INSERT INTO packs VALUES (?1, ?1, '[0]', zeroblob(50000))", (seq,))
        running.wake(1)
        now = log.stat().st_size
        assert now >= shortest
        shortest = min(LOG_BYTES, now)
    assert connection.execute("SELECT count(*) FROM packs").fetchone() == (seq,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.fixture
def reader(connection: sqlite3.Connection, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return a connection that reads, and goes on reading what was there before anything is written."""
    connection.execute("INSERT INTO packs VALUES (1, 1, '[0]', zeroblob(2000000))")
    with contextlib.closing(index.connect(tmp_path / "index.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM packs").fetchone()
        yield reader


def _checkpoint_beside_a_reader(running: Checkpointer, path: Path) -> None:
    before = path.stat().st_size
    running.wake(WRITES)
    wait_until(lambda: path.stat().st_size > before, what="what the reader allows", timeout_s=30)
    running.close()  # after what is under way


@pytest.mark.usefixtures("reader")
def test_writers_do_not_wait_for_a_long_read(
    running: Checkpointer, connection: sqlite3.Connection, turn: CountedTurn, tmp_path: Path
) -> None:
    connection.execute("INSERT INTO packs VALUES (2, 2, '[0]', zeroblob(?))", (LAG_FRAMES * 5000,))
    _checkpoint_beside_a_reader(running, tmp_path / "index.db")
    assert not turn.was_taken.is_set()


@pytest.mark.usefixtures("reader")
def test_one_read_after_the_other_does_not_keep_the_log_from_beginning_anew(
    running: Checkpointer, connection: sqlite3.Connection, turn: CountedTurn, tmp_path: Path
) -> None:
    connection.execute("INSERT INTO packs VALUES (2, 2, '[0]', x'00')")
    _checkpoint_beside_a_reader(running, tmp_path / "index.db")
    assert turn.was_taken.is_set()
