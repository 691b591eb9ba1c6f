"""What every write of a group is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


class Transaction:
    """What a write works with: the connection, the group's time, and the next seq."""

    def __init__(self, connection: sqlite3.Connection, at_us: int) -> None:
        self.connection = connection
        self.at_us = at_us
        self.seq: int = connection.execute("SELECT value FROM meta WHERE name = 'seq'").fetchone()[0]
        self._first_seq = self.seq

    def next_seq(self) -> int:
        """Return the next seq; it counts only if the group commits."""
        self.seq += 1
        return self.seq

    def finish(self) -> None:
        """Write down the highest seq given out and commit; raises sqlite3.Error."""
        if self.seq != self._first_seq:
            self.connection.execute("UPDATE meta SET value = ? WHERE name = 'seq'", (self.seq,))
        self.connection.execute("COMMIT")
