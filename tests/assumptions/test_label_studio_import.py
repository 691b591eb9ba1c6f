"""What Label Studio 1.23 makes of a dataset that is imported: the shape of our records rests on it.

The code: https://github.com/HumanSignal/label-studio/blob/1.23.2/label_studio/tasks/serializers.py
(`BaseTaskSerializerBulk`).
"""

from __future__ import annotations

import pytest
import requests

from dvc_sync_s3.dataset.model import Fields, JsonValue
from tests.e2e.servers.annotations import CHOICES, choice
from tests.e2e.servers.label_studio import USER, LabelStudio

pytest_plugins = ("tests.e2e.servers.fixtures",)
pytestmark = [pytest.mark.label_studio, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def project(label_studio: LabelStudio) -> int:
    return label_studio.create_project(CHOICES)


def record(**fields: JsonValue) -> dict[str, JsonValue]:
    """Return a task with one annotation that has `fields`."""
    return {"data": {"text": "a text"}, "annotations": [{"result": choice("pos"), **fields}]}


def only_annotation(task: Fields) -> Fields:
    annotations = task["annotations"]
    assert isinstance(annotations, list)
    [annotation] = annotations
    assert isinstance(annotation, dict)
    return annotation


def imported(label_studio: LabelStudio, project: int, task: JsonValue) -> Fields:
    """Import one task and return it as Label Studio holds it then."""
    [task_id] = label_studio.import_tasks(project, [task])
    return label_studio.task(task_id)


def email_of(annotation: Fields) -> JsonValue:
    annotator = annotation["completed_by"]
    assert isinstance(annotator, dict)
    return annotator["email"]


@pytest.mark.parametrize(
    "completed_by",
    [
        None,
        1,
        {"email": USER},
        {"id": 999, "email": USER, "first_name": "", "last_name": ""},
    ],
    ids=["nobody", "id of a member", "e-mail of a member", "e-mail of a member with another id"],
)
def test_an_import_takes_an_annotator_who_is_a_member(
    label_studio: LabelStudio, project: int, completed_by: JsonValue
) -> None:
    task = imported(label_studio, project, record(completed_by=completed_by))

    assert email_of(only_annotation(task)) == USER


@pytest.mark.parametrize(
    ("completed_by", "words"),
    [
        (999, "completed_by=999"),
        (USER, "completed_by=ann@example.com"),
        ({"id": 1, "email": "bob@example.com"}, "Unknown annotator's email bob@example.com"),
        ({"id": 1}, "expected to have 'email'"),
        ({}, "expected to have 'email'"),
    ],
    ids=["unknown id", "a string", "unknown e-mail", "no e-mail", "empty"],
)
def test_an_import_is_refused_whole_for_one_unknown_annotator(
    label_studio: LabelStudio, project: int, completed_by: JsonValue, words: str
) -> None:
    before = label_studio.tasks(project)

    with pytest.raises(requests.HTTPError, match=words):
        label_studio.import_tasks(project, [record(), record(completed_by=completed_by)])

    assert label_studio.tasks(project) == before


def test_an_import_gives_new_ids_and_keeps_the_annotations_old_one(label_studio: LabelStudio, project: int) -> None:
    old: JsonValue = {**record(id=600, task=500, project=77), "id": 500, "project": 77, "inner_id": 42}

    task = imported(label_studio, project, old)

    assert task["id"] != 500
    assert task["project"] == project
    assert task["inner_id"] != 42
    assert only_annotation(task)["id"] != 600
    assert only_annotation(task)["import_id"] == 600


def test_an_import_ignores_times_counters_and_fields_it_does_not_know(label_studio: LabelStudio, project: int) -> None:
    long_ago = "2020-01-01T00:00:00Z"
    old: JsonValue = {
        **record(created_at=long_ago, updated_at=long_ago, unknown="x", unique_id="0d283c0f"),
        "created_at": long_ago,
        "total_annotations": 9,
        "is_labeled": False,
        "unknown": {"a": 1},
    }

    first, second = (imported(label_studio, project, old) for _ in range(2))

    assert first["created_at"] != long_ago
    assert only_annotation(first)["created_at"] != long_ago
    assert first["total_annotations"] == 1
    assert first["is_labeled"] is True
    assert "unknown" not in first
    assert first["id"] != second["id"]


def test_an_import_keeps_what_the_annotator_said(label_studio: LabelStudio, project: int) -> None:
    old: JsonValue = {**record(was_cancelled=True, ground_truth=False, lead_time=1.5), "meta": {"batch": 3}}

    task = imported(label_studio, project, old)

    assert task["data"] == {"text": "a text"}
    assert task["meta"] == {"batch": 3}
    annotation = only_annotation(task)
    assert (annotation["was_cancelled"], annotation["ground_truth"], annotation["lead_time"]) == (True, False, 1.5)
    assert annotation["result"] == choice("pos")


def test_an_imported_annotation_that_does_not_say_so_becomes_ground_truth(
    label_studio: LabelStudio, project: int
) -> None:
    task = imported(label_studio, project, record())

    assert only_annotation(task)["ground_truth"] is True


def test_an_export_names_the_annotator_by_id_only(label_studio: LabelStudio, project: int) -> None:
    imported(label_studio, project, record(completed_by={"email": USER}))

    assert isinstance(only_annotation(label_studio.export(project)[-1])["completed_by"], int)
