"""What a bundle's objects ask of the dataset: pure, from what they say now and what they said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dvc_sync_s3.dataset.files import FileContent
from dvc_sync_s3.dataset.model import (
    Cause,
    Edit,
    Fields,
    Labelled,
    PutAnnotation,
    RemoveAnnotation,
    Skipped,
    WhenEmpty,
)
from dvc_sync_s3.dataset.task import NOT_SYNCED_AS_IT_IS
from dvc_sync_s3.store.model import Change, ChangeKind
from dvc_sync_s3.sync.finding import AnnotationName, Finding, Known, KnownTask, ObjectName
from dvc_sync_s3.sync.moved import overruled_by


@dataclass(frozen=True, slots=True)
class Reading:
    """A change and what its object says; None if it was deleted, or isn't selected."""

    change: Change
    content: Labelled | FileContent | Skipped | None


_UNKNOWN = KnownTask(digest=None, is_added=False)


def find(reading: Reading, older: int = 0) -> Finding:
    """Reduce a reading to what the ledger remembers of it; up to the seq `older` it gives way to the branch."""
    change, content = reading.change, reading.content
    labelled = content if isinstance(content, Labelled) else None
    return Finding(
        bucket=change.bucket,
        key=change.key,
        seq=change.seq,
        is_gone=content is None,
        skipped=_why_skipped(content),
        record=labelled.record if labelled else None,
        task_digest=labelled.task_digest if labelled else None,
        digests=tuple((item.id, item.digest) for item in labelled.annotations) if labelled else (),
        file=content if isinstance(content, FileContent) else None,
        gives_way=change.seq <= older,
    )


def plan(readings: Sequence[Reading], known: Known) -> tuple[Edit, ...]:
    """Return the edits that bring the dataset from what the objects said to what they say now.

    Each annotation is edited once, by the last change that speaks of it, and so is each task; a change that is older
    than what was synced, as objects looked at again may be, edits neither. An annotation that vanished from an object
    is removed unless another object still holds it, as when a project exports to two storages. An annotation that moved
    to another task of its project is where it was told last. An object that can't be
    read, or not all of it, lets go of nothing: what was last synced of it stays. A change that may be older than what
    the branch holds, as one of a restored index, removes nothing either and gives way to a newer version.
    """
    findings = {finding.name: finding for finding in (find(reading, known.older) for reading in readings)}
    outdated = overruled_by(findings, known)
    held = _Held(findings, known, outdated)
    edits: dict[AnnotationName, Edit] = {}
    readings = sorted(readings, key=lambda reading: reading.change.seq)
    newest = {each.content.record: each for each in readings if isinstance(each.content, Labelled)}
    for reading in readings:
        if isinstance(reading.content, Labelled):
            task = _edited_task(newest[reading.content.record], known)
            puts = _puts(reading.content, reading.change.seq, task, known)
            name = reading.change.bucket, reading.change.key
            edits |= {annotation: put for annotation, put in puts.items() if (name, annotation) not in outdated}
    for reading in readings:
        finding = findings[reading.change.bucket, reading.change.key]
        for annotation in known.held.get(finding.name, frozenset()) - finding.annotations if finding.lets_go else ():
            if not held.by_any(annotation):
                edits[annotation] = _removal(annotation, _cause(reading, annotation), known)
    for _, annotation in sorted(outdated - known.overruled):
        if not held.by_any(annotation):
            edits[annotation] = _removal(annotation, Cause.MOVED, known)
    return tuple(edits.values())


def _why_skipped(content: Labelled | FileContent | Skipped | None) -> str | None:
    match content:
        case Skipped(reason):
            return reason
        case Labelled(unusable=reason):
            return reason
        case _:
            return None


@dataclass(frozen=True, slots=True)
class _EditedTask:
    fields: Fields
    digest: str
    before: str | None


def _edited_task(newest: Reading, known: Known) -> _EditedTask:
    content = newest.content
    assert isinstance(content, Labelled)
    before = known.tasks.get(content.record, _UNKNOWN)
    if newest.change.seq <= known.older:
        return _EditedTask(content.task, content.task_digest, _if_same(before.digest, content.task_digest))
    is_stale = before.digest is not None and newest.change.seq < before.seq
    digest = content.task_digest if is_stale else _synced(before)
    return _EditedTask(content.task, content.task_digest, digest)


def _synced(task: KnownTask) -> str | None:
    """Return what is known of a task's content: nothing of one that wasn't synced, no field of one in doubt."""
    return NOT_SYNCED_AS_IT_IS if task.digest is None and task.is_added else task.digest


def _puts(content: Labelled, seq: int, task: _EditedTask, known: Known) -> dict[AnnotationName, Edit]:
    names = ((content.record, annotation.id) for annotation in content.annotations)
    return {
        name: PutAnnotation(
            record=content.record,
            task=task.fields,
            task_digest=task.digest,
            task_before=task.before,
            annotation=annotation,
            annotation_before=_before(known, name, annotation.digest, seq),
            theirs_stood=known.theirs_stood.get(name),
            gives_way=seq <= known.older,
        )
        for name, annotation in zip(names, content.annotations, strict=True)
        if known.digests.get(name) is None or seq >= known.told.get(name, 0)
    }


@dataclass(frozen=True, slots=True)
class _Held:
    findings: Mapping[ObjectName, Finding]
    known: Known
    outdated: frozenset[tuple[ObjectName, AnnotationName]]

    def by_any(self, annotation: AnnotationName) -> bool:
        """Tell whether an object holds the annotation that isn't overruled."""
        elsewhere = self.known.holders.get(annotation, frozenset()) - self.findings.keys()
        here = (name for name, finding in self.findings.items() if self._is_held_by(finding, annotation))
        return any((name, annotation) not in self.outdated for name in (*elsewhere, *here))

    def _is_held_by(self, finding: Finding, annotation: AnnotationName) -> bool:
        before = self.known.held.get(finding.name, frozenset())
        return annotation in finding.annotations or (not finding.lets_go and annotation in before)


def _before(known: Known, name: AnnotationName, digest: str, seq: int) -> str | None:
    """Return what was last synced of an annotation; nothing where that may be newer than what the object says."""
    before = known.digests.get(name)
    return before if seq > known.older else _if_same(before, digest)


def _if_same(before: str | None, digest: str) -> str | None:
    return before if before == digest else None


def _cause(reading: Reading, annotation: AnnotationName) -> Cause:
    if reading.change.kind is ChangeKind.DELETE:
        return Cause.DELETED
    content = reading.content
    if not isinstance(content, Labelled) or annotation[1] in content.left_out:
        return Cause.NOT_SELECTED
    return Cause.NOT_HELD


def _removal(annotation: AnnotationName, cause: Cause, known: Known) -> RemoveAnnotation:
    record, annotation_id = annotation
    task = known.tasks.get(record, _UNKNOWN)
    return RemoveAnnotation(
        record=record,
        annotation_id=annotation_id,
        annotation_before=known.digests.get(annotation),
        when_empty=WhenEmpty.DROP if task.is_added else WhenEmpty.KEEP,
        task_before=task.digest,
        theirs_stood=known.theirs_stood.get(annotation),
        cause=cause,
    )
