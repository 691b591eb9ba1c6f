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

from dvc_sync_s3.dataset.files import FileContent
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dataset.selection import EVERYTHING, Selection
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.sync.attempt import Attempt, TheirsStood, read_attempt, write_attempt
from dvc_sync_s3.sync.finding import AnnotationName, Becomes, Finding, Known, KnownFile, KnownTask, ObjectName

FILE_NAME = "sync.db"
_LONGEST_LOG_BYTES = 4 << 20

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
_STOOD = "INSERT OR REPLACE INTO theirs_stood VALUES (?, ?, ?, ?)"
_NO_LONGER_STANDS = """
DELETE FROM theirs_stood WHERE project=?1 AND task=?2 AND annotation=?3
AND NOT EXISTS (SELECT 1 FROM annotations WHERE project=?1 AND task=?2 AND annotation=?3 AND digest=?4)
"""
_FORGET_STOOD = """
DELETE FROM theirs_stood WHERE project=?1 AND task=?2 AND annotation=?3
AND NOT EXISTS (SELECT 1 FROM annotations WHERE project=?1 AND task=?2 AND annotation=?3)
"""
# Not deleted: should the branch be set back to before, the annotation has to be removed from it again.
_LEAVE = "UPDATE held SET left_seq=? WHERE bucket=? AND key=? AND left_seq IS NULL"

# A bundle has thousands of names: each question is one query, whose names are one JSON text.
_HELD_BY = """
SELECT bucket, held.key, project, task, annotation FROM json_each(?) AS asked CROSS JOIN held
ON bucket = json_extract(asked.value, '$[0]') AND held.key = json_extract(asked.value, '$[1]') WHERE left_seq IS NULL
"""
_HOLDERS_OF = """
SELECT bucket, held.key, project, task, annotation FROM json_each(?) AS asked CROSS JOIN held
ON project = json_extract(asked.value, '$[0]') AND task = json_extract(asked.value, '$[1]')
AND annotation = json_extract(asked.value, '$[2]') WHERE left_seq IS NULL
"""
_DIGESTS_OF = """
SELECT project, task, annotation, digest, annotations.seq FROM json_each(?) AS asked CROSS JOIN annotations
ON project = json_extract(asked.value, '$[0]') AND task = json_extract(asked.value, '$[1]')
AND annotation = json_extract(asked.value, '$[2]')
"""
_STOOD_OF = """
SELECT project, task, annotation, digest FROM json_each(?) AS asked CROSS JOIN theirs_stood
ON project = json_extract(asked.value, '$[0]') AND task = json_extract(asked.value, '$[1]')
AND annotation = json_extract(asked.value, '$[2]')
"""
_TASKS_OF = """
SELECT project, task, digest, is_added, tasks.seq FROM json_each(?) AS asked CROSS JOIN tasks
ON project = json_extract(asked.value, '$[0]') AND task = json_extract(asked.value, '$[1]')
"""
_FILES_OF = """
SELECT bucket, files.key, md5, size, stood, max(files.seq) FROM json_each(?) AS asked CROSS JOIN files
ON bucket = json_extract(asked.value, '$[0]') AND files.key = json_extract(asked.value, '$[1]') GROUP BY 1, 2
"""
_NO_FILE = """
INSERT OR REPLACE INTO files SELECT ?1, ?2, ?3, NULL, NULL, ?4
WHERE ?4 IS NOT NULL OR EXISTS (SELECT 1 FROM files WHERE bucket=?1 AND key=?2)
"""


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
        held = {finding.name: set[AnnotationName]() for finding in findings}
        for bucket, key, *annotation in self._db.execute(_HELD_BY, (json.dumps(list(held)),)):
            held[bucket, key].add(_name(*annotation))
        for maybe in (finding for attempt in self.attempts() for finding in attempt.findings):
            if maybe.name in held:
                held[maybe.name] |= maybe.annotations
        names = set[AnnotationName]().union(*held.values(), *(finding.annotations for finding in findings))
        asked = (json.dumps([(record.project, record.task, annotation) for record, annotation in names]),)
        holders: dict[AnnotationName, set[ObjectName]] = {name: set() for name in names}
        for bucket, key, *annotation in self._db.execute(_HOLDERS_OF, asked):
            holders[_name(*annotation)].add((bucket, key))
        synced = {
            _name(*annotation): (digest, seq) for *annotation, digest, seq in self._db.execute(_DIGESTS_OF, asked)
        }
        tasks = {
            RecordId(project, task): KnownTask(digest, bool(is_added), seq)
            for project, task, digest, is_added, seq in self._db.execute(_TASKS_OF, asked)
        }
        return Known(
            {name: frozenset(annotations) for name, annotations in held.items()},
            {name: frozenset(objects) for name, objects in holders.items()},
            {name: digest for name, (digest, _) in synced.items()},
            tasks,
            {name: seq for name, (_, seq) in synced.items()},
            {_name(*annotation): digest for *annotation, digest in self._db.execute(_STOOD_OF, asked)},
        )

    def files(self, names: Iterable[ObjectName]) -> Mapping[ObjectName, KnownFile]:
        """Return what is known of objects in a mirror; nothing of those that never were."""
        rows = self._db.execute(_FILES_OF, (json.dumps(list(names)),))
        return {
            (bucket, key): KnownFile(None if md5 is None else FileContent(md5, size), stood)
            for bucket, key, md5, size, stood, _ in rows
        }

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
            _record(db, attempt.findings, attempt.added_records)
            db.executemany(_STOOD, attempt.theirs_stood)
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
            _record(db, findings, frozenset())
            db.executemany(_STOOD, theirs_stood)
            self._set_meta("covered", str(max(seq, self._end)))
            self._looked(seq)

    def rewind(self, position: int) -> None:
        """Trust nothing that came after `position`: the branch was set back and no longer holds it."""
        with self._transaction() as db:
            db.execute("UPDATE annotations SET digest=NULL WHERE seq > ?", (position,))
            db.execute("UPDATE tasks SET digest=NULL WHERE seq > ?", (position,))
            db.execute("DELETE FROM theirs_stood")
            db.execute("DELETE FROM files WHERE seq > ?", (position,))
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


def _record(db: sqlite3.Connection, findings: Sequence[Finding], added: frozenset[RecordId]) -> None:
    """Make `findings`, each of another object, true."""
    names = json.dumps([finding.name for finding in findings])
    left = {tuple(annotation) for _, _, *annotation in db.execute(_HELD_BY, (names,))}
    db.executemany(_LEAVE, ((finding.seq, *finding.name) for finding in findings if finding.lets_go))
    gone = (finding.name for finding in findings if finding.is_gone)
    db.executemany("DELETE FROM objects WHERE bucket=? AND key=?", gone)
    there = ((*finding.name, finding.seq, finding.skipped) for finding in findings if not finding.is_gone)
    db.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", there)
    labelled = [(finding, finding.record) for finding in findings if finding.record is not None]
    held = ((*it.name, of.project, of.task, each, None) for it, of in labelled for each, _ in it.digests)
    db.executemany("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?)", held)
    annotations = [(of.project, of.task, *each, it.seq) for it, of in labelled for each in it.digests]
    db.executemany(_NO_LONGER_STANDS, (each[:4] for each in annotations))
    db.executemany(_RECORD_ANNOTATION, annotations)
    # Without annotations its task's fields went nowhere.
    tasks = ((of.project, of.task, it.task_digest, it.seq, of in added) for it, of in labelled if it.digests)
    db.executemany(_RECORD_TASK, tasks)
    db.executemany(_NO_FILE, ((*it.name, it.seq, it.stood) for it in findings if it.file is None and it.lets_go))
    contents = ((*it.name, it.seq, of.md5, of.size, it.stood) for it in findings if (of := it.file) is not None)
    db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", contents)
    db.executemany(_FORGET_UNHELD, left)
    db.executemany(_FORGET_STOOD, left)


def _name(project: int, task: int, annotation: int) -> AnnotationName:
    return RecordId(project, task), annotation
