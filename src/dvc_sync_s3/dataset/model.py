"""Records, and the edits that annotators make to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
Fields = Mapping[str, JsonValue]
"""A JSON object, not to be changed by who reads it."""


@dataclass(frozen=True, slots=True, order=True)
class RecordId:
    """A task's id within its Label Studio project; `project` is -1 where the task names none."""

    project: int
    task: int


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation in canonical form: without its task and without text that ages."""

    id: int
    fields: Fields
    digest: str
    """SHA-256 (hexadecimal) of the canonical JSON: equal digests mean equal annotations."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What one object says: a task and those of its annotations that the object holds."""

    record: RecordId
    task: Fields
    """The task's own fields in canonical form, without annotations and counters."""
    task_digest: str
    """One digest for each field, as `task.task_digest` writes them."""
    annotations: tuple[Annotation, ...]
    unusable: str | None = None
    """Why some of the object's annotations can't be used, in words a person understands; None if all can."""
    left_out: frozenset[int] = frozenset()
    """Ids of annotations that the object holds and the settings leave out."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An object that can't be used, with the reason in words a person understands."""

    reason: str


class OnConflict(StrEnum):
    """Whose version stands where an annotator and someone on the branch changed the same."""

    OURS = "ours"
    """The annotators', deletions included."""
    THEIRS = "theirs"
    """The data scientists', until an annotator changes it once more."""
    BOTH = "both"
    """The annotators'; the other is kept beside it, marked as such."""


class WhenEmpty(StrEnum):
    """What becomes of a record whose last annotation is removed."""

    KEEP = "keep"
    """It was in the dataset before us: it stays, as a task without annotations."""
    DROP = "drop"
    """It came through us: it goes with its last annotation, if nobody put anything of their own into it."""


@dataclass(frozen=True, slots=True)
class PutAnnotation:
    """An annotator created or changed `annotation`.

    `annotation_before` and `task_before` are the digests this service last synced, None if it never did;
    `theirs_stood` is the digest of the other version that an earlier conflict left standing. `gives_way`: it may be
    older than the branch's version, which stands unless this one was updated later.
    """

    record: RecordId
    task: Fields
    task_digest: str
    task_before: str | None
    annotation: Annotation
    annotation_before: str | None
    theirs_stood: str | None = None
    gives_way: bool = False


class Cause(StrEnum):
    """Why an annotation leaves the dataset."""

    DELETED = "its object was deleted"
    NOT_HELD = "its object no longer holds it"
    MOVED = "it is in another task now"
    NOT_SELECTED = "the settings leave it out"


@dataclass(frozen=True, slots=True)
class RemoveAnnotation:
    """No object holds an annotation any more, whose digest this service last synced as `annotation_before`.

    `task_before` is the digest of its task as last synced, None if unknown; `theirs_stood` as in PutAnnotation.
    """

    record: RecordId
    annotation_id: int
    annotation_before: str | None
    when_empty: WhenEmpty
    task_before: str | None = None
    theirs_stood: str | None = None
    cause: Cause = Cause.DELETED


Edit = PutAnnotation | RemoveAnnotation


@dataclass(frozen=True, slots=True)
class Annotator:
    """Who made an annotation, as Label Studio names them; either may be empty."""

    name: str
    email: str


class Outcome(StrEnum):
    """What an edit did to the dataset."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Touched:
    """One annotation that the merge added, changed or removed."""

    outcome: Outcome
    record: RecordId
    annotation_id: int
    annotator: Annotator | None
    """Who did it: who made the annotation; None if that isn't known, or if the settings did it."""
    labels: tuple[str, ...]
    """The labels chosen, sorted, each once."""
    cause: Cause | None = None
    """Why it was removed."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """An annotation or a field of a task that both Label Studio and the branch changed, and whose version stands."""

    record: RecordId
    annotation_id: int | None = None
    task_field: str | None = None
    stands: OnConflict = OnConflict.OURS
    theirs: str | None = field(default=None, compare=False)
    """Digest of the other version of an annotation that an annotator changed."""
