"""What the branch holds of our objects, kept beside the store so that nobody's work is taken for ours.

It answers three questions: which annotations did this object hold, what did we last sync of an annotation, and
which of our pushes landed. What a push would make true is written down before the push and becomes true only
when the commit is read back from the server; until then it is an *attempt*.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dataset.selection import EVERYTHING, Selection
from dvc_sync_s3.sync.finding import AnnotationName, Finding, Known, KnownTask, ObjectName

FILE_NAME = "sync.db"


_RECORD_TASK = """
INSERT INTO tasks VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
digest = CASE WHEN digest IS NULL OR excluded.seq >= seq THEN excluded.digest ELSE digest END,
seq = CASE WHEN digest IS NULL THEN excluded.seq ELSE max(seq, excluded.seq) END,
is_added = max(is_added, excluded.is_added)
"""
_RECORD_ANNOTATION = """
INSERT INTO annotations VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET digest=excluded.digest, seq=excluded.seq WHERE digest IS NULL OR excluded.seq >= seq
"""
_FORGET_UNHELD = """
DELETE FROM annotations WHERE project=?1 AND task=?2 AND annotation=?3
AND NOT EXISTS (SELECT 1 FROM held WHERE project=?1 AND task=?2 AND annotation=?3 AND left_seq IS NULL)
"""
_HELD = "SELECT project, task, annotation FROM held WHERE bucket=? AND key=? AND left_seq IS NULL"
# Not deleted: should the branch be set back to before, the annotation has to be removed from it again.
_LEAVE = "UPDATE held SET left_seq=? WHERE bucket=? AND key=? AND left_seq IS NULL"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A push whose outcome is not yet known: the commit, the tip it was made on, the position it carries.

    `reached` is how far its bundle reached: less than the position where objects are looked at again.
    """

    commit: str
    parent: str
    seq: int
    reached: int
    findings: tuple[Finding, ...]
    added_records: frozenset[RecordId]


class Ledger:
    """The sync's own SQLite database; one process writes it, and durably."""

    def __init__(self, folder: Path) -> None:
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

    def select(self, selection: Selection) -> None:
        """Remember what is selected; if something else was, begin to look at every object again, trusting the rest."""
        before = self._meta("selection") or EVERYTHING.name
        with self._transaction():
            self._set_meta("selection", selection.name)
            if before != selection.name:
                self._set_meta("looked_again", "0")

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

    def known(self, findings: Sequence[Finding]) -> Known:
        """Return what is known of a bundle's objects and of the annotations they hold or held."""
        held = {finding.name: self._held(finding.name) for finding in findings}
        for maybe in (finding for attempt in self.attempts() for finding in attempt.findings):
            if maybe.name in held:
                held[maybe.name] |= maybe.annotations
        names = frozenset[AnnotationName]().union(*held.values(), *(finding.annotations for finding in findings))
        rows = {name: row for name in names if (row := self._annotation(name)) is not None}
        records = {record for record, _ in names}
        tasks = {record: task for record in records if (task := self._task(record)) is not None}
        digests, told = {name: row[0] for name, row in rows.items()}, {name: row[1] for name, row in rows.items()}
        return Known(held, {name: self._holders(name) for name in names}, digests, tasks, told)

    def _held(self, name: ObjectName) -> frozenset[AnnotationName]:
        rows = self._db.execute(_HELD, name)
        return frozenset((RecordId(project, task), annotation) for project, task, annotation in rows)

    def _holders(self, name: AnnotationName) -> frozenset[ObjectName]:
        record, annotation = name
        query = "SELECT bucket, key FROM held WHERE project=? AND task=? AND annotation=? AND left_seq IS NULL"
        return frozenset(self._db.execute(query, (record.project, record.task, annotation)))

    def _annotation(self, name: AnnotationName) -> tuple[str | None, int] | None:
        record, annotation = name
        query = "SELECT digest, seq FROM annotations WHERE project=? AND task=? AND annotation=?"
        row: tuple[str | None, int] | None = self._db.execute(
            query, (record.project, record.task, annotation)
        ).fetchone()
        return row

    def _task(self, record: RecordId) -> KnownTask | None:
        query = "SELECT digest, is_added, seq FROM tasks WHERE project=? AND task=?"
        row = self._db.execute(query, (record.project, record.task)).fetchone()
        return KnownTask(row[0], bool(row[1]), row[2]) if row else None

    def attempts(self) -> list[Attempt]:
        """Return the pushes whose outcome is unknown, oldest position first."""
        rows = self._db.execute("SELECT commit_id, parent, seq, findings FROM attempts ORDER BY seq")
        return [_read_attempt(*row) for row in rows]

    def begin(self, attempt: Attempt) -> None:
        """Write an attempt down, before its push."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)",
                (attempt.commit, attempt.parent, attempt.seq, _write_findings(attempt)),
            )

    def landed(self, attempt: Attempt) -> None:
        """Make an attempt's findings true; every other attempt stood on the same tip and can't land any more."""
        with self._transaction() as db:
            _record(db, attempt.findings, attempt.added_records)
            db.execute("DELETE FROM attempts")
            self._set_meta("position", str(attempt.seq))
            self._looked(attempt.reached)

    def forget(self, attempt: Attempt) -> None:
        """Drop an attempt: the branch went on without it."""
        with self._transaction() as db:
            db.execute("DELETE FROM attempts WHERE commit_id=?", (attempt.commit,))

    def covered(self, findings: Sequence[Finding], seq: int) -> None:
        """Record a bundle that changed nothing: the branch holds all of it already, up to `seq`."""
        with self._transaction() as db:
            _record(db, findings, frozenset())
            self._set_meta("covered", str(max(seq, self._end)))
            self._looked(seq)

    def rewind(self, position: int) -> None:
        """Trust nothing that came after `position`: the branch was set back and no longer holds it."""
        with self._transaction() as db:
            db.execute("UPDATE annotations SET digest=NULL WHERE seq > ?", (position,))
            db.execute("UPDATE tasks SET digest=NULL WHERE seq > ?", (position,))
            db.execute("UPDATE held SET left_seq=NULL WHERE left_seq > ?", (position,))
            self._set_meta("covered", "0")
            self._set_meta("position", str(position))

    def begin_anew(self) -> None:
        """Take a new instance name and trust nothing: the branch holds a position that this ledger never wrote."""
        self.rewind(0)
        with self._transaction():
            self._set_meta("instance", secrets.token_hex(8))

    def count_skipped(self) -> int:
        """Return how many objects are kept out of the dataset."""
        (count,) = self._db.execute("SELECT count(*) FROM objects WHERE skipped IS NOT NULL").fetchone()
        return int(count)

    def _meta(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _record(db: sqlite3.Connection, findings: Iterable[Finding], added: frozenset[RecordId]) -> None:
    left: set[tuple[int, int, int]] = set()
    for finding in findings:
        left.update(db.execute(_HELD, finding.name))
        db.execute(_LEAVE, (finding.seq, *finding.name))
        if finding.is_gone:
            db.execute("DELETE FROM objects WHERE bucket=? AND key=?", finding.name)
        else:
            values = (*finding.name, finding.seq, finding.skipped)
            db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", values)
        if finding.record is not None:
            _record_annotations(db, finding, finding.record, added)
    for annotation in left:
        db.execute(_FORGET_UNHELD, annotation)


def _record_annotations(db: sqlite3.Connection, finding: Finding, record: RecordId, added: frozenset[RecordId]) -> None:
    name = (record.project, record.task)
    for annotation, digest in finding.digests:
        db.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, NULL)", (*finding.name, *name, annotation))
        values = (*name, annotation, digest, finding.seq)
        db.execute(_RECORD_ANNOTATION, values)
    db.execute(_RECORD_TASK, (*name, finding.task_digest, finding.seq, record in added))


def _write_findings(attempt: Attempt) -> str:
    added = [[record.project, record.task] for record in sorted(attempt.added_records)]
    findings = [asdict(finding) for finding in attempt.findings]
    return json.dumps({"reached": attempt.reached, "findings": findings, "added": added})


def _read_attempt(commit: str, parent: str, seq: int, text: str) -> Attempt:
    content = json.loads(text)
    findings = tuple(
        Finding(
            **{
                **fields,
                "record": RecordId(**fields["record"]) if fields["record"] else None,
                "digests": tuple((annotation, digest) for annotation, digest in fields["digests"]),
            }
        )
        for fields in content["findings"]
    )
    added = frozenset(RecordId(*pair) for pair in content["added"])
    return Attempt(commit, parent, seq, content["reached"], findings, added)
