from __future__ import annotations

from typing import Any

import pytest

from dvc_sync_s3.dataset.annotation import annotation_digest
from dvc_sync_s3.dataset.canonical import TooDeep
from dvc_sync_s3.dataset.merge import Merged, homes, merge
from dvc_sync_s3.dataset.model import Annotator, Conflict, Outcome, PutAnnotation, RecordId, Touched
from dvc_sync_s3.dataset.task import task_digest
from dvc_sync_s3.errors import Blocked
from tests.unit.dataset.edits import HERE, TASK, outcomes, patched, put, record_in, records_of, remove, said

# What an annotator puts


def test_a_new_task_becomes_a_record_in_its_place() -> None:
    others = [{"id": 4, "project": 3}, {"id": 6, "project": 3}]

    merged = merge(records_of(*others), [put("cat")])

    assert list(patched(records_of(*others), merged)) == [RecordId(3, 4), HERE, RecordId(3, 6)]
    assert record_in(merged) == {**TASK, "annotations": [said("cat")]}
    assert merged.added_records == {HERE}
    assert merged.touched == (Touched(Outcome.ADDED, HERE, 7, Annotator("user 1", ""), ("cat",)),)
    assert merged.conflicts == ()
    assert merged.patch


def test_a_second_annotation_joins_the_record() -> None:
    before = records_of({**TASK, "annotations": [said("dog", 9)]})

    merged = merge(before, [put("cat", 7, task_before=TASK)])

    assert [each["id"] for each in record_in(merged)["annotations"]] == [7, 9]
    assert outcomes(merged) == [(Outcome.ADDED, 7)]
    assert merged.added_records == frozenset()


def test_a_changed_annotation_takes_the_old_one_s_place() -> None:
    before = records_of({**TASK, "annotations": [said("cat")]})

    merged = merge(before, [put("dog", before="cat", task_before=TASK)])

    assert record_in(merged)["annotations"] == [said("dog")]
    assert outcomes(merged) == [(Outcome.CHANGED, 7)]
    assert merged.conflicts == ()


@pytest.mark.parametrize("theirs", [[said("their fix")], []])
def test_an_annotation_synced_again_undoes_nothing(theirs: list[Any]) -> None:
    before = records_of({**TASK, "annotations": theirs})

    merged = merge(before, [put("cat", before="cat", task_before=TASK)])

    assert merged == Merged({}, (), (), frozenset())


def test_an_annotation_synced_again_does_not_revive_its_record() -> None:
    merged = merge(records_of(), [put("cat", before="cat", task_before=TASK)])

    assert merged.patch == {}


def test_a_record_they_deleted_comes_back_when_an_annotator_touches_it() -> None:
    merged = merge(records_of(), [put("dog", before="cat", task_before=TASK)])

    assert record_in(merged) == {**TASK, "annotations": [said("dog")]}
    assert merged.added_records == {HERE}
    assert merged.conflicts == ()


@pytest.mark.parametrize("before", ["cat", None])
def test_where_both_changed_an_annotation_the_annotator_s_stands_and_it_is_told(before: str | None) -> None:
    theirs = records_of({**TASK, "annotations": [said("theirs")]})

    merged = merge(theirs, [put("ours", before=before, task_before=TASK)])

    assert record_in(merged)["annotations"] == [said("ours")]
    assert merged.conflicts == (Conflict(HERE, 7),)


@pytest.mark.parametrize("before", ["cat", None])
def test_where_both_made_the_same_change_there_is_nothing_to_do(before: str | None) -> None:
    same = records_of({**TASK, "annotations": [said("ours", created_ago="3 days")]})

    assert merge(same, [put("ours", before=before, task_before=TASK)]) == Merged({}, (), (), frozenset())


def test_a_reformatted_annotation_is_no_conflict() -> None:
    region = {"type": "choices", "value": {"choices": ["cat"], "x": 20.0}}
    synced: dict[str, Any] = {"id": 7, "result": [region], "completed_by": {"id": 1, "email": "a@b.c"}}
    line = (
        b'{"id":5,"project":3,"annotations":[{"completed_by":{"email":"a@b.c","id":1.0}, "task": 5, "id": 7,'
        b'"result":[{"value":{"x":20,"choices":["c\\u0061t"]},"type":"choices"}]}]}'
    )
    edit = PutAnnotation(
        HERE, TASK, task_digest(TASK), task_digest(TASK), put("dog").annotation, annotation_digest(synced)
    )

    merged = merge({HERE: line}, [edit])

    assert merged.conflicts == ()
    assert record_in(merged)["annotations"] == [said("dog")]


# The task's own fields


def test_their_task_stays_while_ours_is_what_it_was() -> None:
    theirs = {**TASK, "data": {"text": "cleaned"}, "split": "train"}

    merged = merge(records_of(theirs), [put("cat", task_before=TASK)])

    assert record_in(merged) == {**theirs, "annotations": [said("cat")]}


def test_a_task_changed_in_label_studio_is_set_over_theirs_field_by_field() -> None:
    theirs = {**TASK, "data": {"text": "cleaned"}, "split": "train", "annotations": [said("theirs")]}
    ours = {**TASK, "data": {"text": "new"}}

    merged = merge(records_of(theirs), [put("cat", before="cat", task=ours, task_before=TASK)])

    assert record_in(merged) == {**theirs, "data": {"text": "new"}}
    assert merged.touched == ()
    assert merged.patch


def test_a_changed_task_alone_does_not_revive_a_record() -> None:
    ours = {**TASK, "data": {"text": "new"}}

    assert not merge(records_of(), [put("cat", before="cat", task=ours, task_before=TASK)]).patch


def test_at_first_contact_theirs_stays_and_missing_fields_are_added() -> None:
    theirs = {"id": 5, "project": 3, "data": {"text": "theirs"}}

    merged = merge(records_of(theirs), [put("cat", task={**TASK, "meta": {"a": 1}})])

    assert record_in(merged) == {**theirs, "meta": {"a": 1}, "annotations": [said("cat")]}


def test_of_two_versions_of_a_new_task_the_later_counts() -> None:
    later = {**TASK, "data": {"text": "later"}}

    merged = merge(records_of(), [put("cat", 7), put("dog", 8, task=later)])

    assert record_in(merged)["data"] == {"text": "later"}


def test_predictions_drafts_and_elements_without_id_are_kept() -> None:
    theirs = {**TASK, "predictions": [{"result": []}], "drafts": [4], "annotations": ["note", {"x": 1}]}

    merged = merge(records_of(theirs), [put("cat", task_before=TASK)])

    assert record_in(merged) == {**theirs, "annotations": [said("cat"), "note", {"x": 1}]}


# Which record


def test_a_record_without_a_project_is_adopted_with_its_fields() -> None:
    theirs = {"id": 5, "data": {"text": "theirs"}, "split": "test", "annotations": [said("dog", 9)]}

    merged = merge(records_of(theirs), [put("cat")])

    assert list(patched(records_of(theirs), merged)) == [HERE]
    assert record_in(merged) == {**theirs, "project": 3, "annotations": [said("cat"), said("dog", 9)]}
    assert merged.added_records == frozenset()


def test_a_record_of_the_same_project_goes_before_one_without() -> None:
    merged = merge(records_of({"id": 5}, TASK), [put("cat")])

    assert merged.patch.keys() == {HERE}
    assert record_in(merged)["annotations"] == [said("cat")]


def test_a_record_of_another_project_is_another_record() -> None:
    before = records_of({"id": 5, "project": 4})

    assert list(patched(before, merge(before, [put("cat")]))) == [HERE, RecordId(4, 5)]


def test_of_two_projects_the_same_one_adopts_a_record_whatever_the_order() -> None:
    theirs = records_of({"id": 5, "split": "test"})
    edits = [put("cat"), put("dog", 8, record=RecordId(4, 5), task={"id": 5, "project": 4})]

    one, other = merge(theirs, edits), merge(theirs, edits[::-1])

    assert record_in(one)["split"] == "test"
    assert one == other


def test_a_record_names_its_project_where_only_the_annotation_did() -> None:
    merged = merge(records_of(), [put("cat", task={"id": 5, "data": {}})])

    assert record_in(merged) == {"id": 5, "project": 3, "data": {}, "annotations": [said("cat")]}


def test_a_task_that_names_no_project_is_a_record_too() -> None:
    nowhere = RecordId(-1, 5)
    merged = merge(records_of(), [put("cat", record=nowhere, task={"id": 5, "data": {}})])

    assert record_in(merged, nowhere) == {"id": 5, "data": {}, "annotations": [said("cat")]}


# All of it


def test_records_that_no_edit_touches_are_not_even_parsed() -> None:
    untouched = {RecordId(3, 4): b"{never parsed}"}

    assert merge(untouched, [put("cat")]).patch.keys() == {HERE}


def test_their_formatting_of_a_line_is_no_change() -> None:
    before = {HERE: b'{"id":5,"project":3,"z":1.50,"data":{},"annotations":[]}'}

    assert merge(before, [remove()]).patch == {}


def test_a_record_is_looked_for_under_its_own_id_and_the_one_without_project() -> None:
    assert homes([put("cat"), remove()]) == {HERE, RecordId(-1, 5)}


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":5,"project":3,oops}',
        b'{"id":5,"project":3,"annotations":{"a":1}}',
        b"7",
    ],
)
def test_a_record_that_can_not_be_read_waits_for_a_person(line: bytes) -> None:
    with pytest.raises(Blocked) as blocked:
        merge({HERE: line}, [put("cat")])

    assert blocked.value.hint


def test_a_record_that_is_nested_too_deep_is_the_trouble_of_who_touches_it() -> None:
    with pytest.raises(TooDeep):
        merge({HERE: b'{"id":5,"project":3,"data":' + b"[" * 150 + b"]" * 150 + b"}"}, [put("cat")])
