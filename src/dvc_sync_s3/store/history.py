"""Which starts gave the seqs of an index: a restored one gives them anew, and whoever knew the first ones can tell.

A start is noted before it gives its first seq. Two indexes agree up to the first start that only one of them knows.
The idea is PostgreSQL's timelines (https://www.postgresql.org/docs/current/continuous-archiving.html).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

from dvc_sync_s3.store.index import LAST_SEQ

if TYPE_CHECKING:
    import sqlite3

# A start that gave no seq is replaced: restarts without a write leave one row.
_NOTE = f"INSERT OR REPLACE INTO starts (after, name) SELECT ({LAST_SEQ}), ?"
_READ = """
SELECT -1, value FROM meta WHERE name = 'instance_id' UNION ALL SELECT after, name FROM starts ORDER BY 1
"""


class Start(NamedTuple):
    """A start of the service: the seqs after `after`, up to the next start's, are of this start and no other.

    The entry after -1 names the index itself.
    """

    after: int
    name: str


class History(NamedTuple):
    """The starts that an index knows, the oldest first, and the highest seq given out; the first names the index."""

    starts: tuple[Start, ...]
    last_seq: int


def note_start(connection: sqlite3.Connection) -> None:
    """Let the seqs given from now on be those of a new start; raises sqlite3.Error."""
    connection.execute(_NOTE, (secrets.token_hex(8),))


def read_history(connection: sqlite3.Connection) -> History:
    """Return what the index knows of itself, as one transaction of `connection` sees it."""
    starts = tuple(Start(after, name) for after, name in connection.execute(_READ))
    return History(starts, int(connection.execute(LAST_SEQ).fetchone()[0]))
