"""A program that moves the log into the index and marks in the journal what it does.

`python -m tests.counts.checkpoint_program ROOT`
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from dvc_sync_s3.process import Turn
from dvc_sync_s3.store import checkpointer, index
from dvc_sync_s3.store.checkpointer import Checkpointer
from tests.e2e.servers.waiting import wait_until
from tests.fault.power_cut.uploader import mark

TIMEOUT_S = 30


class MarkedTurn(Turn):
    """A turn that says when it began and ended."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.ended = threading.Event()

    def __enter__(self) -> None:
        super().__enter__()
        mark("turn")

    def __exit__(self, *error: object) -> None:
        mark("later")
        super().__exit__(*error)
        self.ended.set()


class Bodies:
    """What a writer adds to the index, and a reader who still sees what was there before."""

    def __init__(self, path: Path) -> None:
        self.connection = index.connect(path)
        self._reader = index.connect(path)
        self._seq = 0

    def add(self) -> None:
        """Write some pages."""
        for _ in range(20):
            self._seq += 1
            self.connection.execute("INSERT INTO packs VALUES (?1, ?1, '[0]', zeroblob(4000))", (self._seq,))

    def add_beside_a_reader(self) -> None:
        """Write some pages that a checkpoint may move, and some that it may not as long as the reader reads."""
        self.add()
        self._reader.execute("BEGIN")
        self._reader.execute("SELECT count(*) FROM packs").fetchone()
        self.add()

    def stop_reading(self) -> None:
        """Let the reader go."""
        self._reader.execute("ROLLBACK")

    def close(self) -> None:
        """Close both."""
        self._reader.close()
        self.connection.close()


def checkpoint_by_hand(path: Path) -> None:
    """Let SQLite alone move what it may, then the rest."""
    bodies = Bodies(path)
    bodies.add_beside_a_reader()
    mark("sqlite-overtaken")
    bodies.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    mark("later")
    bodies.stop_reading()
    mark("sqlite-all")
    bodies.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    mark("later")
    bodies.close()


def checkpoint(path: Path, turn: MarkedTurn) -> None:
    """Let a checkpointer do the same, until the log begins anew."""
    checkpointer.WORTHWHILE_BYTES, checkpointer.RESTART_FRAMES, checkpointer.LAG_FRAMES = 0, 1, 0
    running = Checkpointer(path, turn)
    bodies = Bodies(path)
    bodies.add_beside_a_reader()
    before = path.stat().st_size
    mark("overtaken")
    running.wake(checkpointer.WORTHWHILE_WRITES)
    wait_until(lambda: path.stat().st_size > before, what="what may be moved", timeout_s=TIMEOUT_S)
    bodies.stop_reading()
    running.wake(checkpointer.WORTHWHILE_WRITES)
    assert turn.ended.wait(TIMEOUT_S)
    running.close()
    bodies.close()


if __name__ == "__main__":
    root = Path(sys.argv[1])
    by_hand, by_itself = root / "by-hand.db", root / "index.db"
    for each in (by_hand, by_itself):
        index.set_up(each).close()
    checkpoint_by_hand(by_hand)
    checkpoint(by_itself, MarkedTurn(root / "turn"))
