"""Which objects hold which annotations, as the ledger's tables have it: who is overruled, who was left behind."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dvc_sync_s3.dataset.annotation import NO_PROJECT
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.sync.finding import AnnotationName, Claim, Finding, ObjectName
from dvc_sync_s3.sync.moved import overruled

_CLAIMS_OF = """
SELECT held.bucket, held.key, project, task, annotation, seq FROM json_each(?) AS asked CROSS JOIN held
ON project = json_extract(asked.value, '$[0]') AND annotation = json_extract(asked.value, '$[1]')
CROSS JOIN objects ON objects.bucket = held.bucket AND objects.key = held.key WHERE left_seq IS NULL
"""
_OVERRULED_OF = """
SELECT bucket, held.key, project, task, annotation FROM json_each(?) AS asked CROSS JOIN held
ON bucket = json_extract(asked.value, '$[0]') AND held.key = json_extract(asked.value, '$[1]')
WHERE left_seq > json_extract(asked.value, '$[2]')
"""
_OVERRULE = "UPDATE held SET left_seq=? WHERE bucket=? AND key=? AND project=? AND task=? AND annotation=?"
# Of an annotation that an object let go of: who holds it as of before then, or would, were it not overruled.
_LEAVE_BEHIND = """
INSERT OR REPLACE INTO left_behind
SELECT held.bucket, held.key, project, task, annotation, ?4, ?5, ?6 FROM held
JOIN objects ON objects.bucket = held.bucket AND objects.key = held.key
WHERE project=?1 AND annotation=?3 AND seq < ?6 AND ((task=?2 AND left_seq IS NULL) OR (left_seq > seq AND NOT EXISTS (
  SELECT 1 FROM held AS other WHERE other.project=?1 AND other.annotation=?3 AND other.left_seq IS NULL)))
"""
_FORGET_HOLDER = "DELETE FROM left_behind WHERE bucket=? AND key=? AND (? OR seq < ?)"
_FORGET_TOLD = "DELETE FROM left_behind WHERE project=? AND annotation=? AND seq < ?"
_WARNINGS = """
SELECT bucket, key, project, task, annotation, former_bucket, former_key, count(*) OVER () FROM left_behind
ORDER BY seq DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Warned:
    """What a person should know although the sync goes on, and what to do about it."""

    what: str
    what_to_do: str


def read_claims(db: sqlite3.Connection, names: Iterable[AnnotationName]) -> Sequence[Claim]:
    """Return which objects hold annotations of the ids in `names`, of whichever task of their projects."""
    ids = {(record.project, annotation) for record, annotation in names if record.project != NO_PROJECT}
    return [
        Claim((bucket, key), (RecordId(project, task), annotation), seq)
        for bucket, key, project, task, annotation, seq in db.execute(_CLAIMS_OF, (json.dumps(sorted(ids)),))
    ]


def read_overruled(db: sqlite3.Connection, findings: Iterable[Finding]) -> frozenset[tuple[ObjectName, AnnotationName]]:
    """Return what objects held as of `findings` or before, and others told of another task since."""
    asked = (json.dumps([(*finding.name, finding.seq) for finding in findings]),)
    return frozenset(
        ((bucket, key), (RecordId(project, task), annotation))
        for bucket, key, project, task, annotation in db.execute(_OVERRULED_OF, asked)
    )


def overrule(db: sqlite3.Connection, names: Iterable[AnnotationName]) -> Sequence[tuple[int, int, int]]:
    """Mark as overruled whoever holds one of `names` as of another task, and return what they held."""
    found = overruled(read_claims(db, names))
    rows = [(*name, record.project, record.task, number) for name, (record, number) in found]
    db.executemany(_OVERRULE, ((seq, *row) for seq, row in zip(found.values(), rows, strict=True)))
    return [row[2:] for row in rows]


def note_left_behind(
    db: sqlite3.Connection, findings: Sequence[Finding], let_go: Iterable[tuple[Finding, AnnotationName]]
) -> None:
    """Remember which objects still hold what another one let go of later, and forget who was put again or is gone."""
    db.executemany(_FORGET_HOLDER, ((*each.name, each.is_gone, each.seq) for each in findings))
    told = ((of.project, number, each.seq) for each in findings for of, number in each.annotations)
    db.executemany(_FORGET_TOLD, told)
    left = ((of.project, of.task, number, *each.name, each.seq) for each, (of, number) in let_go)
    db.executemany(_LEAVE_BEHIND, left)


def warnings(path: Path, limit: int) -> Sequence[Warned]:
    """Return what is to be told of objects that were left behind, the newest first; nothing before the first start.

    `path` is the ledger's, opened for each call and read only.
    """
    if not path.exists():
        return ()
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute(_WARNINGS, (limit,)).fetchall()
    except sqlite3.Error:  # the worker is making it right now, or tells what is wrong with it itself
        return ()
    told = [Warned(_what(*row[:7]), _WHAT_TO_DO) for row in rows]
    if rows and rows[0][7] > limit:
        told.append(
            Warned(f"{rows[0][7] - limit} more annotations were deleted, and objects still hold them", _WHAT_TO_DO)
        )
    return told


_WHAT_TO_DO = (
    "If the storage's prefix or format was changed, the object was left behind: delete it from the bucket, and the "
    "annotation leaves the dataset. If two storages export the project, it goes when the other object is deleted, too."
)


def _what(bucket: str, key: str, project: int, task: int, annotation: int, former_bucket: str, former_key: str) -> str:
    place = f"task {task}" if project == NO_PROJECT else f"project {project}, task {task}"
    return (
        f"{bucket}/{key} still holds annotation {annotation} of {place}, "
        f"which has been deleted from {former_bucket}/{former_key}"
    )
