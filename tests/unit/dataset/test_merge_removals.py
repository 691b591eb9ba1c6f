from __future__ import annotations

from typing import Any

import pytest

from dvc_sync_s3.dataset.merge import Merged, merge
from dvc_sync_s3.dataset.model import Annotator, Cause, Outcome, RecordId, Touched, WhenEmpty
from tests.unit.dataset.edits import HERE, TASK, outcomes, patched, record_in, records_of, remove, said


def test_a_record_that_came_through_us_goes_with_its_last_annotation() -> None:
    before = records_of({**TASK, "annotations": [said("cat"), said("dog", 9)]})

    one = merge(before, [remove(7, before="cat")])
    both = merge(patched(before, one), [remove(9, before="dog")])

    assert [each["id"] for each in record_in(one)["annotations"]] == [9]
    assert both.patch == {HERE: None}
    assert both.touched == (Touched(Outcome.REMOVED, HERE, 9, Annotator("user 1", ""), ("dog",), Cause.DELETED),)


def test_a_record_that_was_theirs_stays_without_annotations() -> None:
    before = records_of({**TASK, "annotations": [said("cat")]})

    assert record_in(merge(before, [remove(before="cat", when_empty=WhenEmpty.KEEP)])) == {**TASK, "annotations": []}


@pytest.mark.parametrize(
    ("more", "stays"),
    [({"predictions": [1]}, True), ({"predictions": []}, False), ({"predictions": None}, False), ({}, False)],
)
def test_a_record_with_predictions_stays(more: dict[str, Any], *, stays: bool) -> None:
    before = records_of({**TASK, **more, "annotations": [said("cat")]})

    assert (HERE in patched(before, merge(before, [remove(before="cat")]))) is stays


@pytest.mark.parametrize(("before", "told"), [("cat", True), ("theirs", False), (None, False)])
def test_removing_what_they_changed_is_told(before: str | None, *, told: bool) -> None:
    merged = merge(records_of({**TASK, "annotations": [said("theirs")]}), [remove(before=before)])

    assert outcomes(merged) == [(Outcome.REMOVED, 7)]
    assert bool(merged.conflicts) is told


@pytest.mark.parametrize("records", [[], [TASK], [{**TASK, "annotations": [said("dog", 9)]}]])
def test_removing_what_is_not_there_does_nothing(records: list[dict[str, Any]]) -> None:
    before = records_of(*records)

    assert merge(before, [remove(before="cat")]) == Merged({}, (), (), frozenset())


def test_a_record_with_an_element_that_is_no_annotation_stays() -> None:
    before = records_of({**TASK, "annotations": [said("cat"), "a note"]})

    assert record_in(merge(before, [remove(before="cat")]))["annotations"] == ["a note"]


def test_an_annotation_removed_from_a_record_without_project_leaves_it_without() -> None:
    before = records_of({"id": 5, "annotations": [said("cat"), said("dog", 9)]})

    merged = merge(before, [remove(before="cat")])

    assert record_in(merged, RecordId(-1, 5))["annotations"] == [said("dog", 9)]
