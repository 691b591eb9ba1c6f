"""Ids that a tool changed in the dataset: the same records, or the service waits and names the row."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from dvc_sync_s3.dataset.model import JsonValue
from dvc_sync_s3.errors import Blocked
from tests.contract.sync.conftest import Bridge, Json, Team, annotation

Edit = Callable[[Json], Json]


def with_ids(kind: Callable[[JsonValue], JsonValue]) -> Edit:
    """Change every id of a record and of its annotations, and the project's."""

    def annotations(record: Json) -> list[JsonValue]:
        listed = record["annotations"]
        assert isinstance(listed, list)
        return [{**each, "id": kind(each["id"]), "project": kind(4)} for each in listed if isinstance(each, dict)]

    return lambda record: {
        **record,
        "id": kind(record["id"]),
        "project": kind(record["project"]),
        "annotations": annotations(record),
    }


def edited(bridge: Bridge, team: Team, edit: Edit) -> None:
    bridge.put("86", annotation(86, task=5))
    bridge.put("87", annotation(87, task=6))
    bridge.sync()
    team.share(json.dumps([edit(record) for record in team.dataset()]).encode())


def said(team: Team) -> dict[JsonValue, dict[JsonValue, str]]:
    return {
        record["id"]: {each["id"]: each["result"][0]["value"]["choices"][0] for each in record["annotations"]}  # type: ignore[index,call-overload,union-attr,misc]
        for record in team.dataset()
    }


@pytest.mark.parametrize("kind", [float, str, lambda number: f"{number}.0"], ids=["2.0", "'2'", "'2.0'"])
def test_an_id_that_a_tool_wrote_its_own_way_is_the_same_id(
    bridge: Bridge, team: Team, kind: Callable[[JsonValue], JsonValue]
) -> None:
    edited(bridge, team, with_ids(kind))
    before = team.head()
    bridge.put("86", annotation(86, task=5))
    bridge.sync()
    assert team.head() == before

    bridge.put("86", annotation(86, "neg", task=5))
    bridge.delete("87")
    bridge.sync()
    assert said(team) == {5: {86: "neg"}}
    assert "Changed on both sides" not in team.body()
    (record,) = team.dataset()
    assert (type(record["id"]), record["project"]) == (int, 4)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda record: {**record, "id": "task-5"}, 'row 1: a task in the dataset has no usable id but "task-5"'),
        (lambda record: {**record, "id": None}, "no usable id but null"),
        (lambda record: {**record, "id": 5.5}, "no usable id but 5.5"),
        (with_ids(lambda number: f"no. {number}"), "row 1: "),
        (
            lambda record: {**record, "annotations": [{"id": "a", "result": []}]},
            'row 1: an annotation of task 5 in the dataset has no usable id but "a"',
        ),
        (lambda record: {**record, "annotations": json.dumps(record["annotations"])}, "row 1: the annotations of task"),
        (lambda record: {**record, "annotations": {"0": {}}}, "row 1: the annotations of task 5"),
    ],
)
@pytest.mark.parametrize("then", ["changed", "deleted"])
def test_a_row_that_can_not_be_told_waits_for_a_person(
    bridge: Bridge, team: Team, edit: Edit, reason: str, then: str
) -> None:
    edited(bridge, team, edit)
    before = team.head()
    if then == "deleted":
        bridge.delete("87")
    else:
        bridge.put("87", annotation(87, "neg", task=6))
    with pytest.raises(Blocked) as caught:
        bridge.sync()
    assert reason in str(caught.value)
    assert caught.value.hint
    assert team.head() == before


def test_an_object_whose_ids_are_texts_is_the_same_annotation(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86, task=5))
    bridge.sync()
    before = team.head()
    body = annotation(86, task=5)
    body |= {"id": "86", "project": "4", "task": {"id": 5.0, "data": {"text": "hello"}, "project": "4"}}
    bridge.put("86", body)
    bridge.sync()
    assert team.head() == before
