"""What the branch holds of our objects, kept beside the store so that nobody's work is taken for ours.

It answers three questions: which annotations did this object hold, what did we last sync of an annotation, and
which of our pushes landed. What a push would make true is written down before the push and becomes true only
when the commit is read back from the server; until then it is an *attempt*.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dataset.selection import EVERYTHING, Selection
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.sync.attempt import Attempt, TheirsStood, read_attempt, write_attempt
from dvc_sync_s3.sync.claims import note_left_behind
from dvc_sync_s3.sync.finding import Becomes, Finding, Known, KnownFile, ObjectName
from dvc_sync_s3.sync.ledger_rows import read_files, read_known, record, record_stood, untrust

FILE_NAME = "sync.db"
_LONGEST_LOG_BYTES = 4 << 20


class Ledger:
    """The sync's own SQLite database; one process writes it, and durably."""

    def __init__(self, folder: Path) -> None:
        self._becomes = Becomes.RECORDS
        self._log = folder / f"{FILE_NAME}-wal"
        self._db = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(files(__package__).joinpath("ledger.sql").read_text(encoding="utf-8"))
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('instance', ?)", (secrets.token_hex(8),))

    @property
    def instance(self) -> str:
        """Return the name under which our commits carry their positions."""
        return str(self._meta("instance"))

    @property
    def position(self) -> int:
        """Return the position last read from the branch."""
        return int(self._meta("position") or 0)

    @property
    def synced_seq(self) -> int:
        """Return up to where the branch holds our changes: its position, or further where nothing had to change.

        While everything is looked at again, up to where that is done.
        """
        return min(self._end, int(self._meta("looked_again") or self._end))

    @property
    def _end(self) -> int:
        return max(self.position, int(self._meta("covered") or 0))

    def select(self, selection: Selection, becomes: Becomes = Becomes.RECORDS) -> None:
        """Remember what is selected; if something else was, begin to look at every object again, trusting the rest.

        What objects become can't change once the branch has any of them: `require` raises Blocked then.
        """
        self._becomes = becomes
        before = self._meta("selection") or EVERYTHING.name, self._was
        with self._transaction():
            self._set_meta("selection", selection.name)
            if not self.position:
                self._set_meta("becomes", becomes)
            if before != (selection.name, self._was):
                self._set_meta("looked_again", "0")

    def require(self) -> None:
        """Raise Blocked if the branch has our objects as something else."""
        if self._was is not self._becomes:
            raise Blocked(
                f"this data folder was synced as {self._was}, not as {self._becomes}",
                hint=f"Set DVC_LAYOUT={self._was} again; another layout takes an S3_DATA_FOLDER of its own.",
            )

    @property
    def _was(self) -> Becomes:
        return Becomes(self._meta("becomes") or Becomes.RECORDS)

    def _looked(self, seq: int) -> None:
        if self._meta("looked_again") is not None:
            self._set_meta("looked_again", str(seq))
        if seq >= self._end:
            self._db.execute("DELETE FROM meta WHERE name='looked_again'")

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        if self._log.stat().st_size > _LONGEST_LOG_BYTES:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def known(self, findings: Sequence[Finding]) -> Known:
        """Return what is known of a bundle's objects and of the annotations they hold or held."""
        return read_known(self._db, findings, self.attempts())

    def files(self, names: Iterable[ObjectName]) -> Mapping[ObjectName, KnownFile]:
        """Return what is known of objects in a mirror; nothing of those that never were."""
        return read_files(self._db, names)

    def attempts(self) -> list[Attempt]:
        """Return the pushes whose outcome is unknown, oldest position first."""
        rows = self._db.execute("SELECT commit_id, parent, seq, findings FROM attempts ORDER BY seq")
        return [read_attempt(*row) for row in rows]

    def begin(self, attempt: Attempt) -> None:
        """Write an attempt down, before its push."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)",
                (attempt.commit, attempt.parent, attempt.seq, write_attempt(attempt)),
            )

    def landed(self, attempt: Attempt) -> None:
        """Make an attempt's findings true; every other attempt stood on the same tip and can't land any more."""
        with self._transaction() as db:
            self._record(attempt.findings, attempt.added_records)
            record_stood(db, attempt.theirs_stood)
            db.execute("DELETE FROM attempts")
            self._set_meta("position", str(attempt.seq))
            self._looked(attempt.reached)

    def forget(self, attempt: Attempt) -> None:
        """Drop an attempt: the branch went on without it."""
        with self._transaction() as db:
            db.execute("DELETE FROM attempts WHERE commit_id=?", (attempt.commit,))

    def covered(self, findings: Sequence[Finding], seq: int, theirs_stood: Sequence[TheirsStood] = ()) -> None:
        """Record a bundle that changed nothing: the branch holds all of it already, up to `seq`."""
        with self._transaction() as db:
            self._record(findings, frozenset())
            record_stood(db, theirs_stood)
            self._set_meta("covered", str(max(seq, self._end)))
            self._looked(seq)

    def rewind(self, position: int) -> None:
        """Trust nothing that came after `position`: the branch was set back and no longer holds it."""
        with self._transaction() as db:
            untrust(db, position)
            self._set_meta("covered", "0")
            self._set_meta("position", str(position))

    def begin_anew(self) -> None:
        """Take a new instance name and trust nothing: the branch holds a position that this ledger never wrote."""
        self.rewind(0)
        with self._transaction():
            self._set_meta("instance", secrets.token_hex(8))

    def _record(self, findings: Sequence[Finding], added: frozenset[RecordId]) -> None:
        let_go = record(self._db, findings, added)
        if self._meta("looked_again") is None:  # else the settings let go of it
            note_left_behind(self._db, findings, let_go)

    def count_skipped(self) -> int:
        """Return how many objects are kept out of the dataset."""
        (count,) = self._db.execute("SELECT count(*) FROM objects WHERE skipped IS NOT NULL").fetchone()
        return int(count)

    def _meta(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
