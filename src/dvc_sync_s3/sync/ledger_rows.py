"""The ledger's rows: what is asked of them for a bundle, and what its findings change of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from dvc_sync_s3.dataset.files import FileContent
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.sync.attempt import Attempt, TheirsStood
from dvc_sync_s3.sync.claims import overrule, read_claims, read_overruled
from dvc_sync_s3.sync.finding import AnnotationName, Finding, Known, KnownFile, KnownTask, ObjectName

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
# Overruled, it stays so until the object tells it anew.
_HOLD = """
INSERT INTO held VALUES (?1, ?2, ?3, ?4, ?5, NULL)
ON CONFLICT DO UPDATE SET left_seq = CASE WHEN left_seq > ?6 THEN left_seq END
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
_UNTRUST = (
    "UPDATE annotations SET digest=NULL WHERE seq > ?",
    "UPDATE tasks SET digest=NULL WHERE seq > ?",
    "DELETE FROM files WHERE seq > ?",
    "UPDATE held SET left_seq=NULL WHERE left_seq > ?",
    "DELETE FROM left_behind WHERE seq > ?",
)
# Their order is kept. Of a file's states only the last is true of the branch.
_RENUMBER = (
    "UPDATE objects SET seq = seq - ?",
    "UPDATE annotations SET seq = seq - ?",
    "UPDATE tasks SET seq = seq - ?",
    "UPDATE held SET left_seq = left_seq - ?",
    "UPDATE left_behind SET seq = seq - ?",
    "UPDATE files SET seq = seq - ?",
)
_LAST_STATES = """
DELETE FROM files WHERE EXISTS (
  SELECT 1 FROM files AS later WHERE later.bucket = files.bucket AND later.key = files.key AND later.seq > files.seq)
"""


def read_known(db: sqlite3.Connection, findings: Sequence[Finding], attempts: Sequence[Attempt], older: int) -> Known:
    """Return what is known of a bundle's objects, and of the annotations they hold, held, or may hold by `attempts`."""
    held = {finding.name: set[AnnotationName]() for finding in findings}
    for bucket, key, *annotation in db.execute(_HELD_BY, (json.dumps(list(held)),)):
        held[bucket, key].add(_name(*annotation))
    for maybe in (finding for attempt in attempts for finding in attempt.findings):
        if maybe.name in held:
            held[maybe.name] |= maybe.annotations
    names = set[AnnotationName]().union(*held.values(), *(finding.annotations for finding in findings))
    claims = read_claims(db, names)
    names |= {claim.annotation for claim in claims}
    asked = (json.dumps([(record.project, record.task, annotation) for record, annotation in names]),)
    holders: dict[AnnotationName, set[ObjectName]] = {name: set() for name in names}
    for bucket, key, *annotation in db.execute(_HOLDERS_OF, asked):
        holders[_name(*annotation)].add((bucket, key))
    synced = {_name(*annotation): (digest, seq) for *annotation, digest, seq in db.execute(_DIGESTS_OF, asked)}
    tasks = {
        RecordId(project, task): KnownTask(digest, bool(is_added), seq)
        for project, task, digest, is_added, seq in db.execute(_TASKS_OF, asked)
    }
    return Known(
        {name: frozenset(annotations) for name, annotations in held.items()},
        {name: frozenset(objects) for name, objects in holders.items()},
        {name: digest for name, (digest, _) in synced.items()},
        tasks,
        {name: seq for name, (_, seq) in synced.items()},
        {_name(*annotation): digest for *annotation, digest in db.execute(_STOOD_OF, asked)},
        claims,
        read_overruled(db, findings),
        older,
    )


def read_files(db: sqlite3.Connection, names: Iterable[ObjectName]) -> Mapping[ObjectName, KnownFile]:
    """Return what is known of objects in a mirror; nothing of those that never were."""
    rows = db.execute(_FILES_OF, (json.dumps(list(names)),))
    return {
        (bucket, key): KnownFile(None if md5 is None else FileContent(md5, size), stood)
        for bucket, key, md5, size, stood, _ in rows
    }


def record(
    db: sqlite3.Connection, findings: Sequence[Finding], added: frozenset[RecordId]
) -> Sequence[tuple[Finding, AnnotationName]]:
    """Make `findings`, each of another object, true; return what their objects let go of."""
    names = json.dumps([finding.name for finding in findings])
    before = [((bucket, key), tuple(annotation)) for bucket, key, *annotation in db.execute(_HELD_BY, (names,))]
    db.executemany(_LEAVE, ((finding.seq, *finding.name) for finding in findings if finding.lets_go))
    gone = (finding.name for finding in findings if finding.is_gone)
    db.executemany("DELETE FROM objects WHERE bucket=? AND key=?", gone)
    there = ((*finding.name, finding.seq, finding.skipped) for finding in findings if not finding.is_gone)
    db.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", there)
    labelled = [(finding, finding.record) for finding in findings if finding.record is not None]
    held = ((*it.name, of.project, of.task, each, it.seq) for it, of in labelled for each, _ in it.digests)
    db.executemany(_HOLD, held)
    annotations = [(of.project, of.task, *each, it.seq) for it, of in labelled for each in it.digests]
    db.executemany(_NO_LONGER_STANDS, (each[:4] for each in annotations))
    db.executemany(_RECORD_ANNOTATION, annotations)
    # Without annotations its task's fields went nowhere.
    tasks = ((of.project, of.task, it.task_digest, it.seq, of in added) for it, of in labelled if it.digests)
    db.executemany(_RECORD_TASK, tasks)
    db.executemany(_NO_FILE, ((*it.name, it.seq, it.stood) for it in findings if it.file is None and it.lets_go))
    contents = ((*it.name, it.seq, of.md5, of.size, it.stood) for it in findings if (of := it.file) is not None)
    db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", contents)
    told = set[AnnotationName]().union(*(finding.annotations for finding in findings))
    moved = overrule(db, told)
    unheld = {*(annotation for _, annotation in before), *(each[:3] for each in annotations), *moved}
    db.executemany(_FORGET_UNHELD, unheld)
    db.executemany(_FORGET_STOOD, unheld)
    by_name = {finding.name: finding for finding in findings if finding.lets_go}
    left = ((by_name[name], _name(*annotation)) for name, annotation in before if name in by_name)
    return [(finding, annotation) for finding, annotation in left if annotation not in finding.annotations]


def record_stood(db: sqlite3.Connection, stood: Iterable[TheirsStood]) -> None:
    """Remember which versions of the data scientists' were left standing."""
    db.executemany(_STOOD, stood)


def untrust(db: sqlite3.Connection, after: int) -> None:
    """Let what came after `after` be known no more: the branch no longer holds it."""
    for statement in _UNTRUST:
        db.execute(statement, (after,))
    db.execute("DELETE FROM theirs_stood")


def renumber(db: sqlite3.Connection, by: int) -> None:
    """Let all seqs be lower by so much: the last ones are given to other changes. What is known stays."""
    db.execute(_LAST_STATES)
    for statement in _RENUMBER:
        db.execute(statement, (by,))


def _name(project: int, task: int, annotation: int) -> AnnotationName:
    return RecordId(project, task), annotation
