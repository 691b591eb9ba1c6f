"""What the branch holds of our objects, kept beside the store so that nobody's work is taken for ours.

It answers three questions: which annotations did this object hold, what did we last sync of an annotation, and
which of our pushes landed. What a push would make true is written down before the push and becomes true only
when the commit is read back from the server; until then it is an *attempt*.
"""

from __future__ import annotations

import json
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
from dvc_sync_s3.sync.content_failure import SAID
from dvc_sync_s3.sync.finding import Becomes, Finding, Known, KnownFile, ObjectName
from dvc_sync_s3.sync.ledger_rows import read_files, read_known, record, record_stood, renumber, untrust
from dvc_sync_s3.sync.lineage import Common, Index, as_text, common, first_of, from_text

FILE_NAME = "sync.db"
SCHEMA = "ledger.sql"
FORMAT = 1
_LONGEST_LOG_BYTES = 4 << 20
_BEFORE_ALL = -(1 << 62)
_SET_ASIDE = """
SELECT bucket, key FROM objects WHERE skipped IS NOT NULL AND substr(skipped, 1, ?) = ? ORDER BY seq DESC LIMIT ?
"""


class Ledger:
    """The sync's own SQLite database; one process writes it, and durably."""

    def __init__(self, folder: Path, index: Index | None = None) -> None:
        """Open the ledger in `folder`, or begin one, of the objects in `index`; without one nothing is compared.

        Raises Blocked if a newer version of the service made it, sqlite3.Error or OSError.
        """
        self._index = index
        self._becomes = Becomes.RECORDS
        self._log = folder / f"{FILE_NAME}-wal"
        self._db = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
        self._refuse_newer(folder)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(files(__package__).joinpath(SCHEMA).read_text(encoding="utf-8"))
        if self._meta("instance") is None:
            self._begin()

    def _refuse_newer(self, folder: Path) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > FORMAT:
            self._db.close()
            raise Blocked(
                f"the ledger {folder / FILE_NAME} has format {version}, this version of the service knows {FORMAT}",
                hint="Start the newer version of the service again.",
            )

    def _begin(self) -> None:
        """Take the index's own name: a ledger that was lost finds on the branch how far it was."""
        with self._transaction():
            history = None if self._index is None else self._index.history()
            self._set_meta("instance", secrets.token_hex(8) if history is None else history.starts[0].name)
            self._set_meta("older", str(0 if history is None else first_of(history)))
            self._note_starts()

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
        return min(self.end, int(self._meta("looked_again") or self.end))

    @property
    def end(self) -> int:
        """Return up to which seq this ledger knows what the branch holds."""
        return max(self.position, int(self._meta("covered") or 0))

    @property
    def older(self) -> int:
        """Return up to which seq a change may be older than what the branch holds of the same, and gives way to it."""
        return int(self._meta("older") or 0)

    @property
    def former(self) -> tuple[str, int] | None:
        """Return the name that this ledger had before, and its position, until a commit carries the new name."""
        text = self._meta("former")
        return None if text is None else tuple(json.loads(text))

    @property
    def is_on_branch(self) -> bool:
        """Tell whether the branch held a commit of ours when it was last read."""
        return bool(self.position or self.former)

    def select(self, selection: Selection, becomes: Becomes = Becomes.RECORDS) -> None:
        """Remember what is selected; if something else was, begin to look at every object again, trusting the rest.

        What objects become can't change once the branch has any of them: `require` raises Blocked then.
        """
        self._becomes = becomes
        before = self._meta("selection") or EVERYTHING.name, self._was
        with self._transaction():
            self._set_meta("selection", selection.name)
            if not self.is_on_branch:
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
        if seq >= self.end:
            self._forget_meta("looked_again")

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
        return read_known(self._db, findings, self.attempts(), self.older)

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
            self._forget_meta("former")
            self._note_starts()
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
            self._note_starts()
            self._set_meta("covered", str(max(seq, self.end)))
            self._looked(seq)

    def rewind(self, position: int) -> None:
        """Trust nothing that came after `position`: the branch was set back and no longer holds it."""
        with self._transaction() as db:
            untrust(db, position or _BEFORE_ALL)
            self._forget_meta("former")
            self._set_meta("covered", "0")
            self._set_meta("position", str(position))

    def in_common(self) -> Common:
        """Return what the index that is there has in common with the one that this ledger was made with."""
        if self._index is None:
            return Common(self.end, self.end)
        return common(from_text(self._meta("starts") or "[]"), self._index.history(), self.end)

    def begin_anew(self, position: int) -> None:
        """Take a new instance name: the index or this ledger was set back, and its seqs would begin to repeat.

        What is known stays known, as the branch, which carries `position` under the former name, holds it. The changes
        after those in common are synced; of them, those that may be older than what the branch holds give way to it.
        """
        shared = self.in_common()
        older = shared.older
        if shared.seq == self.end:
            # The branch is ahead: it holds what was given up to its position, and none of what came later.
            older = min(max(older, self.older), position)
        with self._transaction() as db:
            db.execute("DELETE FROM attempts")
            renumber(db, by=self.end - shared.seq)
            if position:
                self._set_meta("former", json.dumps((self.instance, position)))
            self._set_meta("instance", secrets.token_hex(8))
            self._set_meta("position", "0")
            self._set_meta("covered", str(shared.seq))
            self._set_meta("older", str(older))
            if self._meta("looked_again") is not None:
                self._looked(min(shared.seq, int(self._meta("looked_again") or 0)))
            self._note_starts()

    def _record(self, findings: Sequence[Finding], added: frozenset[RecordId]) -> None:
        end = self.end
        let_go = record(self._db, findings, added)
        # By an object that is looked at again, the settings let go of it.
        note_left_behind(self._db, findings, [(finding, each) for finding, each in let_go if finding.seq > end])

    def count_skipped(self) -> int:
        """Return how many objects are kept out of the dataset."""
        (count,) = self._db.execute("SELECT count(*) FROM objects WHERE skipped IS NOT NULL").fetchone()
        return int(count)

    def set_aside(self, most: int) -> Sequence[ObjectName]:
        """Return which objects cycles failed with, those that changed last first."""
        return tuple(self._db.execute(_SET_ASIDE, (len(SAID), SAID, most)))

    @property
    def tried_with(self) -> str | None:
        """Return with what those were last tried: a version of the dataset and one of the service."""
        return self._meta("tried_with")

    def tried(self, basis: str) -> None:
        """Remember with what the objects that were set aside were tried."""
        with self._transaction():
            self._set_meta("tried_with", basis)

    def _meta(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _forget_meta(self, name: str) -> None:
        self._db.execute("DELETE FROM meta WHERE name=?", (name,))

    def _note_starts(self) -> None:
        """Remember whose the seqs are that this ledger knows of."""
        if self._index is not None:
            self._set_meta("starts", as_text(self._index.history().starts))
