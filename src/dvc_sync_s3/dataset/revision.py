"""One record while its edits are applied: what the merge rules say of one task and of each of its annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dvc_sync_s3.dataset.annotation import NO_PROJECT, annotation_digest
from dvc_sync_s3.dataset.labels import annotator, labels, updated_at
from dvc_sync_s3.dataset.model import (
    Annotation,
    Cause,
    Conflict,
    Edit,
    Fields,
    JsonValue,
    OnConflict,
    Outcome,
    PutAnnotation,
    RecordId,
    RemoveAnnotation,
    Touched,
    WhenEmpty,
)
from dvc_sync_s3.dataset.record import Record, record_id
from dvc_sync_s3.dataset.task import field_digest, field_digests, is_as_synced

KEPT = "conflict_with"
"""Marks the other version of an annotation, kept without an id: the id of the annotation it is a version of."""


class Revision:
    """One record while its edits are applied; the order of edits of different annotations doesn't matter."""

    def __init__(self, name: RecordId, before: Record | None, on_conflict: OnConflict) -> None:
        self._id = name
        self._on_conflict = on_conflict
        self._is_new = before is None
        self._exists = before is not None
        self._fields: dict[str, JsonValue] = dict(before.fields) if before else {}
        self._annotations: dict[int, Fields] = dict(before.annotations) if before else {}
        self._loose: tuple[JsonValue, ...] = before.loose if before else ()
        self._came_as: str | None = None
        self.touched: list[Touched] = []
        self.conflicts: list[Conflict] = []

    @property
    def name(self) -> RecordId:
        """Which record it is now: a record without a project takes the one its annotators work in."""
        return record_id(self._fields) or self._id

    def apply(self, edit: Edit) -> None:
        """Apply one edit."""
        if isinstance(edit, RemoveAnnotation):
            self._remove(edit)
        else:
            self._put(edit)

    def record(self) -> Record | None:
        """Return the record as the edits leave it; the order of edits must not matter, so emptiness is judged last."""
        is_empty = not (self._annotations or self._loose)
        is_ours = self._came_as is not None and is_as_synced(self._fields, self._came_as)
        if not self._exists or (is_empty and is_ours):
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
        if edit.gives_way and current is not None and self._stands(annotation, current, current_digest):
            return
        if current is not None and current_digest not in {edit.annotation_before, edit.theirs_stood}:
            self._tell(Conflict(self._id, annotation.id, stands=self._on_conflict, theirs=current_digest))
            if self._on_conflict is OnConflict.THEIRS:
                return
            self._keep(annotation.id, current)
        self._annotations[annotation.id] = annotation.fields
        outcome = Outcome.ADDED if current is None else Outcome.CHANGED
        self.touched.append(self._touched(outcome, annotation.id, annotation.fields))

    def _stands(self, ours: Annotation, theirs: Fields, digest: str | None) -> bool:
        """Tell whether the branch's version stands: always, unless ours was updated later; told where theirs wasn't."""
        updated, other = updated_at(ours.fields), updated_at(theirs)
        if updated is not None and other is not None and updated > other:
            return False
        if updated is None or other is None or updated == other:
            self._tell(Conflict(self._id, ours.id, stands=OnConflict.THEIRS, theirs=digest))
        return True

    def _keep(self, annotation_id: int, theirs: Fields) -> None:
        """Keep the other version, once: without an id it is carried along, and no tool takes it for a known one."""
        if self._on_conflict is not OnConflict.BOTH:
            return
        kept = {name: value for name, value in theirs.items() if name not in {"id", "unique_id"}}
        kept[KEPT] = annotation_id
        if annotation_digest(kept) not in {annotation_digest(each) for each in self._loose if isinstance(each, dict)}:
            self._loose = (*self._loose, kept)

    def _put_task(self, edit: PutAnnotation) -> None:
        if self._is_new:
            self._fields |= edit.task
        elif edit.task_before is None:
            self._fields = {**edit.task, **self._fields}
        else:
            self._merge_task(edit, field_digests(edit.task_before), field_digests(edit.task_digest))
        self._fields["id"] = self._id.task
        if self._id.project != NO_PROJECT:
            self._fields["project"] = self._id.project

    def _merge_task(self, edit: PutAnnotation, before: Mapping[str, str], ours: Mapping[str, str]) -> None:
        """Take each field that Label Studio changed; one that is gone there stays."""
        changed = [name for name in edit.task if name not in {"id", "project"} and before.get(name) != ours.get(name)]
        for name in changed:
            theirs = field_digest(self._fields, name)
            if theirs not in {None, before.get(name), ours.get(name)}:
                stands = OnConflict.THEIRS if self._on_conflict is OnConflict.THEIRS else OnConflict.OURS
                self._tell(Conflict(self._id, task_field=name, stands=stands))
                if stands is OnConflict.THEIRS:
                    continue
            self._fields[name] = edit.task[name]

    def _remove(self, edit: RemoveAnnotation) -> None:
        current = self._annotations.get(edit.annotation_id)
        if current is None:
            return
        digest = annotation_digest(current)
        if edit.annotation_before is not None and digest not in {edit.annotation_before, edit.theirs_stood}:
            self._tell(Conflict(self._id, edit.annotation_id, stands=self._on_conflict))
            if self._on_conflict is OnConflict.THEIRS:
                return
            self._keep(edit.annotation_id, current)
        del self._annotations[edit.annotation_id]
        if edit.when_empty is WhenEmpty.DROP:
            self._came_as = edit.task_before or ""
        removed = replace(self._touched(Outcome.REMOVED, edit.annotation_id, current), cause=edit.cause)
        self.touched.append(replace(removed, annotator=None) if edit.cause is Cause.NOT_SELECTED else removed)

    def _touched(self, outcome: Outcome, annotation_id: int, fields: Fields) -> Touched:
        return Touched(outcome, self._id, annotation_id, annotator(fields), labels(fields))

    def _tell(self, conflict: Conflict) -> None:
        if conflict not in self.conflicts:
            self.conflicts.append(conflict)
