"""The merge: what annotators changed, put into the dataset as the team's branch has it.

What only one side changed is taken. Where both changed the same annotation, the annotators' version stands and
the conflict is told. Nothing here reads or writes a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dvc_sync_s3.dataset.annotation import NO_PROJECT, annotation_digest
from dvc_sync_s3.dataset.labels import annotator, labels
from dvc_sync_s3.dataset.model import (
    Conflict,
    Edit,
    Fields,
    JsonValue,
    Outcome,
    PutAnnotation,
    RecordId,
    RemoveAnnotation,
    Touched,
    WhenEmpty,
)
from dvc_sync_s3.dataset.record import Record, parse_line, record_id, render


@dataclass(frozen=True, slots=True)
class Merged:
    """What the edits ask of the dataset, and what they did."""

    patch: Mapping[RecordId, bytes | None]
    """The new line of each record that differs, None where it goes; empty if there is nothing to commit."""
    touched: tuple[Touched, ...]
    conflicts: tuple[Conflict, ...]
    added_records: frozenset[RecordId]
    """Records that were not in the dataset before; records that came back are among them."""


def homes(edits: Iterable[Edit]) -> frozenset[RecordId]:
    """Return where the records that `edits` touch may be: under their own id, or the task's without a project."""
    return frozenset(home for edit in edits for home in _candidates(edit.record))


def merge(records: Mapping[RecordId, bytes], edits: Sequence[Edit]) -> Merged:
    """Return what `edits`, given in order of seq, change of `records`: those of the dataset that are among `homes`.

    Merging the same edits again changes nothing. Raises Blocked if a record that an edit touches can't be read.
    """
    left = dict(records)
    patch: dict[RecordId, bytes | None] = {}
    touched: list[Touched] = []
    conflicts: list[Conflict] = []
    added: set[RecordId] = set()
    for name, its_edits in sorted(_by_record(edits).items()):
        home = next((candidate for candidate in _candidates(name) if candidate in left), None)
        before = None if home is None else parse_line(left[home])
        revision = _Revision(name, before)
        for edit in its_edits:
            revision.apply(edit)
        touched += revision.touched
        conflicts += revision.conflicts
        line = _line(revision.record())
        if line == _line(before):
            continue
        if home is None:
            added.add(name)
        else:
            patch[home] = None
            del left[home]
        if line is not None:
            patch[revision.name] = left[revision.name] = line
    return Merged(patch, tuple(touched), tuple(conflicts), frozenset(added))


class _Revision:
    """One record while its edits are applied."""

    def __init__(self, name: RecordId, before: Record | None) -> None:
        self._id = name
        self._is_new = before is None
        self._exists = before is not None
        self._fields: dict[str, JsonValue] = dict(before.fields) if before else {}
        self._annotations: dict[int, Fields] = dict(before.annotations) if before else {}
        self._loose = before.loose if before else ()
        self._goes_when_empty = False
        self.touched: list[Touched] = []
        self.conflicts: list[Conflict] = []

    @property
    def name(self) -> RecordId:
        """Which record it is now: a record without a project takes the one its annotators work in."""
        return record_id(self._fields) or self._id

    def apply(self, edit: Edit) -> None:
        if isinstance(edit, RemoveAnnotation):
            self._remove(edit)
        else:
            self._put(edit)

    def record(self) -> Record | None:
        """Return the record as the edits leave it; the order of edits must not matter, so emptiness is judged last."""
        is_empty = not (self._annotations or self._loose or self._fields.get("predictions"))
        if not self._exists or (is_empty and self._goes_when_empty):
            return None
        return Record(self._fields, self._annotations, self._loose)

    def _put(self, edit: PutAnnotation) -> None:
        is_new_annotation = edit.annotation_before != edit.annotation.digest
        if is_new_annotation:
            self._exists = True
            self._put_annotation(edit)
        if self._exists and (is_new_annotation or edit.task_before != edit.task_digest):
            self._put_task(edit)

    def _put_annotation(self, edit: PutAnnotation) -> None:
        annotation = edit.annotation
        current = self._annotations.get(annotation.id)
        current_digest = None if current is None else annotation_digest(current)
        if current_digest == annotation.digest:
            return
        if current is not None and current_digest != edit.annotation_before:
            self.conflicts.append(Conflict(self._id, annotation.id))
        self._annotations[annotation.id] = annotation.fields
        self._touch(Outcome.ADDED if current is None else Outcome.CHANGED, annotation.id, annotation.fields)

    def _put_task(self, edit: PutAnnotation) -> None:
        if self._is_new:
            self._fields |= edit.task
        elif edit.task_before is None:
            self._fields = {**edit.task, **self._fields}
        elif edit.task_before != edit.task_digest:
            self._fields |= edit.task
        self._fields["id"] = self._id.task
        if self._id.project != NO_PROJECT:
            self._fields["project"] = self._id.project

    def _remove(self, edit: RemoveAnnotation) -> None:
        current = self._annotations.pop(edit.annotation_id, None)
        if current is None:
            return
        if edit.annotation_before not in {None, annotation_digest(current)}:
            self.conflicts.append(Conflict(self._id, edit.annotation_id))
        self._goes_when_empty = edit.when_empty is WhenEmpty.DROP
        self._touch(Outcome.REMOVED, edit.annotation_id, current)

    def _touch(self, outcome: Outcome, annotation_id: int, fields: Fields) -> None:
        self.touched.append(Touched(outcome, self._id, annotation_id, annotator(fields), labels(fields)))


def _by_record(edits: Sequence[Edit]) -> dict[RecordId, list[Edit]]:
    grouped: dict[RecordId, list[Edit]] = {}
    for edit in edits:
        grouped.setdefault(edit.record, []).append(edit)
    return grouped


def _candidates(name: RecordId) -> tuple[RecordId, RecordId]:
    return name, RecordId(NO_PROJECT, name.task)


def _line(record: Record | None) -> bytes | None:
    return None if record is None else render(record)
