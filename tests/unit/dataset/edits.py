"""Edits and datasets with one short line each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dvc_sync_s3.dataset.annotation import annotation_digest
from dvc_sync_s3.dataset.merge import Merged
from dvc_sync_s3.dataset.model import Annotation, Outcome, PutAnnotation, RecordId, RemoveAnnotation, WhenEmpty
from dvc_sync_s3.dataset.record import in_order, record_id, render, take_apart
from dvc_sync_s3.dataset.task import task_digest

HERE = RecordId(project=3, task=5)
TASK: dict[str, Any] = {"id": 5, "project": 3, "data": {"text": "hello"}}


def records_of(*records: dict[str, Any]) -> dict[RecordId, bytes]:
    lines = {record_id(each): render(take_apart(each)) for each in records}
    return in_order({name: line for name, line in lines.items() if name})


def patched(records: Mapping[RecordId, bytes], merged: Merged) -> dict[RecordId, bytes]:
    """Return the records as a layout would write them after the merge."""
    after = {**records, **merged.patch}
    return in_order({name: line for name, line in after.items() if line is not None})


def said(label: str, number: int = 7, **more: Any) -> dict[str, Any]:
    region = {"type": "choices", "value": {"choices": [label]}}
    return {"id": number, "result": [region], "completed_by": 1, **more}


def digest_of(label: str, number: int = 7) -> str:
    return annotation_digest(said(label, number))


def put(
    label: str,
    number: int = 7,
    *,
    record: RecordId = HERE,
    task: dict[str, Any] = TASK,
    before: str | None = None,
    task_before: dict[str, Any] | None = None,
) -> PutAnnotation:
    """Return the edit of an annotator who chose `label` where this service last synced `before`."""
    return PutAnnotation(
        record=record,
        task=task,
        task_digest=task_digest(task),
        task_before=None if task_before is None else task_digest(task_before),
        annotation=Annotation(number, said(label, number), digest_of(label, number)),
        annotation_before=None if before is None else digest_of(before, number),
    )


def remove(number: int = 7, *, before: str | None = None, when_empty: WhenEmpty = WhenEmpty.DROP) -> RemoveAnnotation:
    digest = None if before is None else digest_of(before, number)
    return RemoveAnnotation(HERE, number, digest, when_empty, task_digest(TASK))


def record_in(merged: Merged, record: RecordId = HERE) -> Any:
    line = merged.patch[record]
    assert line is not None
    return json.loads(line)


def outcomes(merged: Merged) -> list[tuple[Outcome, int]]:
    return [(each.outcome, each.annotation_id) for each in merged.touched]
