from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.dataset.annotation import ANNOTATION_DROPPED, MAX_ID, annotation_digest, read_object
from dvc_sync_s3.dataset.model import Labelled, RecordId, Skipped
from dvc_sync_s3.dataset.task import TASK_DROPPED

Sample = Callable[[str], bytes]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
_NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just(1) | _JSON,
        "result": st.just([]) | _JSON,
        "project": _JSON,
        "completed_by": _JSON,
        "task": st.fixed_dictionaries({"id": st.just(2) | _JSON, "data": st.just({}) | _JSON}) | _JSON,
        "data": st.just({}) | _JSON,
        "annotations": st.lists(st.fixed_dictionaries({"id": st.just(1) | _JSON, "result": st.just([]) | _JSON}))
        | _JSON,
    },
)


def _read(key: str, body: bytes) -> Labelled:
    content = read_object(key, body)
    assert isinstance(content, Labelled), content
    return content


def _changed(body: bytes, **fields: Any) -> bytes:
    return json.dumps({**json.loads(body), **fields}).encode()


@pytest.mark.parametrize("key", ["86", "out/86", "out//86", "a b/é/86", "out/86.json"])
def test_an_annotation_object_is_its_task_with_one_annotation(sample: Sample, key: str) -> None:
    content = _read(key, sample("text_choices"))

    assert content.record == RecordId(project=4, task=84)
    assert content.task == {
        "id": 84,
        "project": 4,
        "data": {"text": "text é ✓ 0"},
        "meta": {},
        "created_at": "2026-11-22T23:33:11.604355Z",
        "allow_skip": True,
        "inner_id": 1,
    }
    (annotation,) = content.annotations
    assert annotation.id == 86
    assert annotation.fields["result"] == [
        {"from_name": "s", "to_name": "text", "type": "choices", "value": {"choices": ["pos"]}}
    ]
    assert not annotation.fields.keys() & {"created_ago", "created_username", "task"}


@pytest.mark.parametrize("key", ["out/90.json", "90"])
def test_a_task_object_is_its_task_with_all_its_annotations(sample: Sample, key: str) -> None:
    content = _read(key, sample("image_bbox_taskformat"))

    assert content.record == RecordId(project=2, task=90)
    assert [annotation.id for annotation in content.annotations] == [84]
    assert content.task["data"] == {"image": "s3://ann/tf1/src/img/a.png"}


@pytest.mark.parametrize("name", ["text_choices", "image_bbox"])
def test_both_shapes_of_an_annotation_hold_the_same_fields(sample: Sample, name: str) -> None:
    alone = json.loads(sample(name))
    in_task = json.loads(sample(f"{name}_taskformat"))
    one = _read(str(alone["id"]), sample(name))
    other = _read(str(in_task["id"]), sample(f"{name}_taskformat"))

    assert one.task.keys() == other.task.keys()
    assert one.annotations[0].fields.keys() == other.annotations[0].fields.keys()


def test_both_shapes_of_an_annotation_have_one_digest(sample: Sample) -> None:
    body = json.loads(sample("image_bbox"))
    unset = {"prediction": {}, "result_count": 1, "unique_id": "0d283c0f-a933-4502-8d17-7c09834c127e"}
    in_task = {name: value for name, value in body.items() if not name.startswith("created_")}
    in_task |= {"created_at": body["created_at"], "task": 173, **unset}
    task = {**body["task"], "annotations": [in_task], "drafts": [4], "predictions": [5]}

    one = _read("167", sample("image_bbox"))
    other = _read("173.json", json.dumps(task).encode())

    assert one == other


def test_saving_an_unchanged_annotation_later_changes_nothing(sample: Sample) -> None:
    body = sample("image_bbox")
    task = {**json.loads(body)["task"], "total_annotations": 7, "is_labeled": False, "updated_at": "2027-01-01"}
    later = _changed(body, created_ago="3 months", created_username="Ann a@b.c, 1", task=task)

    assert _read("167", later) == _read("167", body)


@pytest.mark.parametrize("change", [{"lead_time": 4}, {"result": []}, {"was_cancelled": True}, {"something_new": 1}])
def test_what_an_annotator_changes_changes_the_digest(sample: Sample, change: dict[str, Any]) -> None:
    before = _read("167", sample("image_bbox"))
    after = _read("167", _changed(sample("image_bbox"), **change))

    assert after.annotations[0].digest != before.annotations[0].digest
    assert after.task_digest == before.task_digest


def test_a_changed_task_changes_only_the_task_s_digest(sample: Sample) -> None:
    task = {**json.loads(sample("image_bbox"))["task"], "data": {"image": "b.png"}}
    before = _read("167", sample("image_bbox"))
    after = _read("167", _changed(sample("image_bbox"), task=task))

    assert after.task_digest != before.task_digest
    assert after.annotations == before.annotations


def test_an_annotation_in_an_export_of_label_studio_has_the_digest_of_its_object(sample: Sample) -> None:
    content = _read("167", sample("image_bbox"))
    exported = {**content.annotations[0].fields, "completed_by": 1, "task": 173, "result_count": 1}

    assert annotation_digest(exported) == content.annotations[0].digest


def test_who_made_an_annotation_counts(sample: Sample) -> None:
    other = _changed(sample("image_bbox"), completed_by={"id": 2, "email": "a@b.c"})

    assert _read("167", other).annotations[0].digest != _read("167", sample("image_bbox")).annotations[0].digest


def test_fields_that_nobody_knows_are_carried_along(sample: Sample) -> None:
    task = {**json.loads(sample("image_bbox"))["task"], "priority": 3}
    content = _read("167", _changed(sample("image_bbox"), task=task, reviews=[1]))

    assert content.task["priority"] == 3
    assert content.annotations[0].fields["reviews"] == [1]


def test_the_project_is_the_annotation_s_where_the_task_names_none(sample: Sample) -> None:
    content = _read("1", b'{"id":1,"result":[],"project":9,"task":{"id":2,"data":{},"project":null}}')
    nowhere = _read("1", b'{"id":1,"result":[],"task":{"id":2,"data":{}}}')

    assert content.record == RecordId(9, 2)
    assert nowhere.record == RecordId(-1, 2)


def test_a_task_whose_annotations_were_all_deleted_says_so() -> None:
    assert _read("2.json", b'{"id":2,"data":{},"annotations":[]}').annotations == ()


def test_of_an_annotation_listed_twice_the_later_counts() -> None:
    listed = [{"id": 7, "completed_by": 1, "result": result} for result in ([], [1])]
    content = _read("2", json.dumps({"id": 2, "project": 3, "data": {}, "annotations": listed}).encode())

    assert [annotation.fields for annotation in content.annotations] == listed[1:]


@pytest.mark.parametrize(
    "task",
    [
        {"annotations": [{"id": 7, "result": []}]},
        {"annotations": [{"id": 7, "result": [], "completed_by": 1}]},
        {"annotations": [{"id": 7, "result": []}], "project": 3},
    ],
    ids=["neither", "no project", "no annotator"],
)
def test_a_task_that_label_studio_is_to_read_is_skipped(task: dict[str, Any]) -> None:
    skipped = read_object("source/2.json", json.dumps({"id": 2, "data": {}, **task}).encode())

    assert skipped == Skipped("a source task: Label Studio's own name their project and their annotators")


def test_a_result_of_null_is_an_empty_one(sample: Sample) -> None:
    """`POST /api/tasks/2/annotations/` with nothing but `was_cancelled` makes such a skip."""
    for name in ("text_choices", "text_choices_taskformat"):
        value = json.loads(sample(name))
        for each in value.get("annotations", [value]):
            each["result"] = None
        (annotation,) = _read(str(value["id"]), json.dumps(value).encode()).annotations
        assert annotation.fields["result"] == []
        assert annotation.digest == annotation_digest({**annotation.fields, "result": None})


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (None, "one of its annotations is not an object"),
        ("a note", "one of its annotations is not an object"),
        ({"id": None, "result": []}, "one of its annotations has no usable id"),
        ({"id": 8}, "annotation 8 has no result"),
        ({"id": 8, "result": "cat"}, "annotation 8 has no result"),
    ],
)
def test_an_annotation_that_cannot_be_used_leaves_the_others_of_its_task(element: Any, reason: str) -> None:
    annotations = [{"id": 7, "result": [], "completed_by": 1}, element, {"id": 9, "result": [], "completed_by": 1}]
    content = _read("2.json", json.dumps({"id": 2, "project": 3, "data": {}, "annotations": annotations}).encode())
    assert [each.id for each in content.annotations] == [7, 9]
    assert content.unusable == f"{reason}; the others are used"


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        ("1", b"", "not JSON: it is empty"),
        ("1", b"\x89PNG", "not JSON: it is not UTF-8 at byte 0"),
        ("1", b"{", "not JSON: Expecting property name enclosed in double quotes at line 1 column 2"),
        ("1", b"[" * 101 + b"]" * 101, "not JSON: it is nested too deep"),
        ("1", b"[1]", "a JSON list, not an annotation"),
        ("1", b'"x"', "a JSON string, not an annotation"),
        ("1", b"true", "a JSON boolean, not an annotation"),
        ("1", b"1.5", "a JSON number, not an annotation"),
        ("1", b"null", "a JSON null, not an annotation"),
        ("1", b"{}", "no result"),
        ("1", b'{"id":1,"data":{}}', "a source task without annotations"),
        ("1", b'{"id":1,"data":{},"annotations":{}}', "its annotations are not a list"),
        ("1", b'{"id":1,"result":[],"task":2}', "its task is not an object"),
        ("12", b'{"id":13,"result":[],"task":{"id":2,"data":{}}}', "its key says 12 but its id is 13"),
        ("012", b'{"id":12,"result":[],"task":{"id":2,"data":{}}}', "its key says 012 but its id is 12"),
        ("12/", b'{"id":12,"result":[],"task":{"id":2,"data":{}}}', "its key does not end in its id, 12"),
        ("a\n1", b'{"id":1,"result":[],"task":{"id":2,"data":{}}}', "its key does not end in its id, 1"),
        ("1", b'{"id":true,"result":[],"task":{"id":2,"data":{}}}', "no usable id"),
        ("1", b'{"id":"one","result":[],"task":{"id":2,"data":{}}}', "no usable id"),
        ("1", b'{"id":-1,"result":[],"task":{"id":2,"data":{}}}', "no usable id"),
        (str(MAX_ID + 1), b'{"id":%d,"result":[],"task":{}}' % (MAX_ID + 1), "no usable id"),
        ("1", b'{"id":1,"result":[],"task":{"data":{}}}', "its task has no usable id"),
        ("1", b'{"id":1,"result":[],"task":{"id":2,"data":[]}}', "its task has no data"),
        ("1", b'{"id":1,"result":{},"task":{"id":2,"data":{}}}', "annotation 1 has no result"),
        ("1", b'{"id":1,"data":{},"annotations":[{"id":7}]}', "annotation 7 has no result"),
        ("1", b'{"id":1,"data":{},"annotations":[7]}', "one of its annotations is not an object"),
        ("1", b'{"id":1,"data":{},"annotations":[{}]}', "one of its annotations has no usable id"),
    ],
)
def test_an_object_that_is_no_annotation_is_skipped_with_the_reason(key: str, body: bytes, reason: str) -> None:
    assert read_object(key, body) == Skipped(reason)


@given(st.sampled_from(["1", "1.json", "x/1"]) | st.text(), _NEARLY | _JSON)
def test_no_json_can_break_the_reader(key: str, value: Any) -> None:
    content = read_object(key, json.dumps(value).encode())

    assert isinstance(content, Skipped) or content.record.task >= 0


@given(st.text(), st.binary())
def test_no_bytes_can_break_the_reader(key: str, body: bytes) -> None:
    assert isinstance(read_object(key, body), Skipped)


@pytest.mark.parametrize(
    ("row", "dropped"),
    [("an annotation", ANNOTATION_DROPPED), ("a task", TASK_DROPPED - {"annotations"})],
)
def test_the_reference_names_every_field_that_is_left_out(row: str, dropped: frozenset[str]) -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "dataset-format.md"
    table = page.read_text(encoding="utf-8").partition("## What is left out")[2]
    (line,) = [line for line in table.splitlines() if line.startswith(f"| {row} |")]

    assert set(re.findall(r"`(\w+)`", line)) == dropped
