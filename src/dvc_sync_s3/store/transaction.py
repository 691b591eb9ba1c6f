"""What every write of a group is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvc_sync_s3.store.index import LAST_SEQ

if TYPE_CHECKING:
    import sqlite3


class Transaction:
    """What a write works with: the connection, the group's time, and the next seq."""

    def __init__(self, connection: sqlite3.Connection, at_us: int) -> None:
        self.connection = connection
        self.at_us = at_us
        self.seq: int = connection.execute(LAST_SEQ).fetchone()[0]

    def next_seq(self) -> int:
        """Return the next seq; it counts only if the group commits."""
        self.seq += 1
        return self.seq

    def finish(self) -> None:
        """Commit; raises sqlite3.Error."""
        self.connection.execute("COMMIT")
