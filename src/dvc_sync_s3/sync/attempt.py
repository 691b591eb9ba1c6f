"""A push whose outcome is not yet known, and what it makes true if it lands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from dvc_sync_s3.dataset.files import FileContent
from dvc_sync_s3.dataset.model import Conflict, OnConflict, RecordId
from dvc_sync_s3.sync.finding import Finding

TheirsStood = tuple[int, int, int, str]
"""Project, task and id of an annotation, and the digest of the other version that a conflict left standing."""


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
    theirs_stood: tuple[TheirsStood, ...] = ()


def theirs_stood(conflicts: Iterable[Conflict]) -> tuple[TheirsStood, ...]:
    """Return which versions of the data scientists' the merge left standing against an annotator's change."""
    return tuple(
        (each.record.project, each.record.task, each.annotation_id, each.theirs)
        for each in conflicts
        if each.stands is OnConflict.THEIRS and each.annotation_id is not None and each.theirs is not None
    )


def write_attempt(attempt: Attempt) -> str:
    """Return as text what the attempt makes true."""
    added = [[record.project, record.task] for record in sorted(attempt.added_records)]
    findings = [_fields(finding) for finding in attempt.findings]
    fields = {"reached": attempt.reached, "findings": findings, "added": added, "theirs_stood": attempt.theirs_stood}
    return json.dumps(fields)


def _fields(finding: Finding) -> dict[str, object]:
    record = finding.record
    return {
        "bucket": finding.bucket,
        "key": finding.key,
        "seq": finding.seq,
        "is_gone": finding.is_gone,
        "skipped": finding.skipped,
        "record": None if record is None else {"project": record.project, "task": record.task},
        "task_digest": finding.task_digest,
        "digests": finding.digests,
        "stood": finding.stood,
        "gives_way": finding.gives_way,
        "file": None if finding.file is None else {"md5": finding.file.md5, "size": finding.file.size},
    }


def read_attempt(commit: str, parent: str, seq: int, text: str) -> Attempt:
    """Return the attempt whose text `write_attempt` wrote."""
    content = json.loads(text)
    findings = tuple(
        Finding(
            **{
                **fields,
                "record": RecordId(**fields["record"]) if fields["record"] else None,
                "digests": tuple((annotation, digest) for annotation, digest in fields["digests"]),
                "file": FileContent(**fields["file"]) if fields["file"] else None,
            }
        )
        for fields in content["findings"]
    )
    added = frozenset(RecordId(*pair) for pair in content["added"])
    stood = tuple((project, task, number, digest) for project, task, number, digest in content["theirs_stood"])
    return Attempt(commit, parent, seq, content["reached"], findings, added, stood)
