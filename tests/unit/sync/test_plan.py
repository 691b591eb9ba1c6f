"""What a bundle's objects ask of the dataset."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dvc_sync_s3.dataset.model import (
    Annotation,
    Cause,
    Edit,
    Labelled,
    PutAnnotation,
    RecordId,
    RemoveAnnotation,
    Skipped,
    WhenEmpty,
)
from dvc_sync_s3.store.model import Change, ChangeKind
from dvc_sync_s3.sync.finding import AnnotationName, Known, KnownTask, ObjectName
from dvc_sync_s3.sync.plan import Reading, find, plan

TASK = RecordId(project=4, task=84)
NOBODY_KNOWS = Known({}, {}, {}, {})


def says(key: str, seq: int, *annotations: tuple[int, str]) -> Reading:
    """A reading of an object that holds annotations of task 84, as (id, digest)."""
    held = tuple(Annotation(number, {"id": number}, digest) for number, digest in annotations)
    return Reading(_change(key, seq, ChangeKind.PUT), Labelled(TASK, {"id": 84}, "task-1", held))


def skipped(key: str, seq: int) -> Reading:
    return Reading(_change(key, seq, ChangeKind.PUT), Skipped("not a JSON object"))


def left_out(key: str, seq: int, *numbers: int) -> Reading:
    """A reading of an object whose annotations the settings leave out."""
    content = Labelled(TASK, {"id": 84}, "task-1", (), left_out=frozenset(numbers))
    return Reading(_change(key, seq, ChangeKind.PUT), content)


def deleted(key: str, seq: int) -> Reading:
    return Reading(_change(key, seq, ChangeKind.DELETE), None)


def _change(key: str, seq: int, kind: ChangeKind) -> Change:
    return Change(seq, kind, "b", key, datetime(2026, 11, 23, tzinfo=UTC))


def known(
    held: Mapping[str, set[int]], digests: Mapping[int, str | None] | None = None, *, came_through_us: int = 1
) -> Known:
    """What the ledger knows: which annotations of task 84 each key held, and their digests."""
    names: dict[ObjectName, frozenset[AnnotationName]] = {
        ("b", key): frozenset((TASK, number) for number in numbers) for key, numbers in held.items()
    }
    holders: dict[AnnotationName, frozenset[ObjectName]] = {}
    for name, annotations in names.items():
        for annotation in annotations:
            holders[annotation] = holders.get(annotation, frozenset()) | {name}
    return Known(
        names,
        holders,
        {(TASK, number): digest for number, digest in (digests or {}).items()},
        {TASK: KnownTask("task-1", bool(came_through_us))},
    )


def removed(edits: tuple[Edit, ...]) -> list[int]:
    return [edit.annotation_id for edit in edits if isinstance(edit, RemoveAnnotation)]


def put(edits: tuple[Edit, ...]) -> list[int]:
    return [edit.annotation.id for edit in edits if isinstance(edit, PutAnnotation)]


def test_a_new_object_puts_its_annotation_and_knows_nothing_of_before() -> None:
    (edit,) = plan([says("86", 1, (86, "x"))], NOBODY_KNOWS)
    assert isinstance(edit, PutAnnotation)
    assert (edit.annotation.id, edit.annotation_before, edit.task_before) == (86, None, None)


def test_a_changed_object_carries_what_was_synced_before() -> None:
    (edit,) = plan([says("86", 2, (86, "y"))], known({"86": {86}}, {86: "x"}))
    assert isinstance(edit, PutAnnotation)
    assert (edit.annotation_before, edit.task_before) == ("x", "task-1")


def test_a_deleted_object_removes_the_annotation_it_held() -> None:
    (edit,) = plan([deleted("86", 2)], known({"86": {86}}, {86: "x"}))
    assert isinstance(edit, RemoveAnnotation)
    assert (edit.annotation_id, edit.annotation_before, edit.when_empty) == (86, "x", WhenEmpty.DROP)


def test_a_record_from_before_us_stays_when_its_last_annotation_goes() -> None:
    (edit,) = plan([deleted("86", 2)], known({"86": {86}}, came_through_us=0))
    assert isinstance(edit, RemoveAnnotation)
    assert edit.when_empty is WhenEmpty.KEEP


def test_a_deleted_object_that_held_nothing_asks_for_nothing() -> None:
    assert plan([deleted("picture.png", 2)], NOBODY_KNOWS) == ()


def test_an_object_that_cannot_be_read_any_more_removes_nothing() -> None:
    assert plan([skipped("86", 2)], known({"86": {86}})) == ()


def test_what_an_unreadable_object_held_stays_although_another_object_lets_go_of_it() -> None:
    assert plan([skipped("one/86", 3), deleted("two/86", 4)], known({"one/86": {86}, "two/86": {86}})) == ()


def test_an_unreadable_object_that_is_deleted_removes_what_it_held() -> None:
    assert removed(plan([deleted("86", 3)], known({"86": {86}}))) == [86]


def test_a_task_object_of_which_a_part_cannot_be_used_puts_the_rest_and_removes_nothing() -> None:
    reading = says("84.json", 5, (1, "a"))
    assert isinstance(reading.content, Labelled)
    partly = replace(reading, content=replace(reading.content, unusable="one of its annotations is not an object"))
    edits = plan([partly], known({"84.json": {1, 2}}))
    assert (put(edits), removed(edits)) == ([1], [])
    assert find(partly).skipped == "one of its annotations is not an object"


@pytest.mark.parametrize(
    ("reading", "cause"),
    [
        (deleted("84.json", 5), Cause.DELETED),
        (says("84.json", 5), Cause.NOT_HELD),
        (left_out("84.json", 5, 2), Cause.NOT_SELECTED),
        (Reading(_change("84.json", 5, ChangeKind.PUT), None), Cause.NOT_SELECTED),
    ],
)
def test_a_removal_knows_why(reading: Reading, cause: Cause) -> None:
    (edit,) = plan([reading], known({"84.json": {2}}))
    assert isinstance(edit, RemoveAnnotation)
    assert edit.cause is cause


def test_a_task_object_that_lost_an_annotation_removes_just_that_one() -> None:
    edits = plan([says("84.json", 5, (1, "a"))], known({"84.json": {1, 2}}))
    assert (put(edits), removed(edits)) == ([1], [2])


def test_an_annotation_in_two_storages_stays_until_both_let_go() -> None:
    in_both = known({"one/86": {86}, "two/86": {86}})
    assert plan([deleted("one/86", 3)], in_both) == ()
    assert removed(plan([deleted("one/86", 3), deleted("two/86", 4)], in_both)) == [86]


def test_an_annotation_that_moves_to_another_key_in_one_bundle_stays() -> None:
    edits = plan([deleted("old/86", 3), says("new/86", 4, (86, "x"))], known({"old/86": {86}}))
    assert (put(edits), removed(edits)) == ([86], [])


def test_of_two_objects_that_hold_one_annotation_the_later_speaks() -> None:
    (edit,) = plan([says("two/86", 9, (86, "new")), says("one/86", 8, (86, "old"))], NOBODY_KNOWS)
    assert isinstance(edit, PutAnnotation)
    assert edit.annotation.digest == "new"


def test_a_finding_says_all_that_the_ledger_needs() -> None:
    assert find(says("86", 7, (86, "x"))).annotations == {(TASK, 86)}
    assert find(skipped("x", 7)).skipped == "not a JSON object"
    assert find(deleted("x", 7)).is_gone
