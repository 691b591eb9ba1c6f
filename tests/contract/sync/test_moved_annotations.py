"""An annotation that moved to another task is there once; an object that was left behind is told."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from dvc_sync_s3.sync.claims import warnings
from dvc_sync_s3.sync.ledger import FILE_NAME
from tests.contract.sync.conftest import Bridge, Json, Team, annotation
from tests.docs.test_merge_tables import NOWHERE, rows

HEADING = "An annotation that moved to another task"


def task(number: int, *annotations: int) -> Json:
    """A task as Label Studio saves it as a whole."""
    listed = [{**annotation(each, f"label {each}"), "task": number} for each in annotations]
    return {"id": number, "project": 4, "data": {"text": "hello"}, "annotations": list(listed)}


def where(team: Team) -> dict[object, list[object]]:
    return {
        record["id"]: [each["id"] for each in record["annotations"]]  # type: ignore[index,call-overload,union-attr]
        for record in team.dataset()
    }


def told(bridge: Bridge) -> Sequence[str]:
    return [each.what for each in warnings(bridge.folder / FILE_NAME, 20)]


def sync_each(bridge: Bridge, puts: Sequence[tuple[str, Json]], bundles: str) -> None:
    for key, content in puts:
        bridge.put(key, content)
        if bundles == "each alone":
            bridge.sync()
    bridge.sync()


@pytest.mark.parametrize("bundles", ["all in one", "each alone"])
@pytest.mark.parametrize(("objects", "there", "elsewhere"), [row[:3] for row in rows(HEADING)])
def test_an_annotation_that_moved_is_where_the_table_says(
    bridge: Bridge, team: Team, objects: str, there: str, elsewhere: str, bundles: str
) -> None:
    for name, _, held in (each.partition(": ") for each in objects.split(", ")):
        if held == NOWHERE:
            bridge.delete(f"d/{name}.json")
        else:
            bridge.put(f"d/{name}.json", task(int(name), *map(int, held.split())))
        if bundles == "each alone":
            bridge.sync()
    bridge.sync()
    wanted = {91: there, 92: elsewhere}
    assert where(team) == {each: [*map(int, ids.split())] for each, ids in wanted.items() if ids != NOWHERE}
    assert told(bridge) == []


FORMATS: dict[str, tuple[Sequence[tuple[str, Json]], dict[object, list[object]]]] = {
    "an object each": ([("old/901", annotation(901, task=92)), ("new/901", annotation(901, task=91))], {91: [901]}),
    "one object": ([("901", annotation(901, task=92)), ("901", annotation(901, task=91))], {91: [901]}),
    "from the task's object to its own": (
        [("d/92.json", task(92, 901, 902)), ("901", annotation(901, task=91))],
        {91: [901], 92: [902]},
    ),
    "from its own object to the task's": (
        [("901", annotation(901, task=92)), ("d/91.json", task(91, 901))],
        {91: [901]},
    ),
}


@pytest.mark.parametrize("bundles", ["all in one", "each alone"])
@pytest.mark.parametrize("formats", FORMATS)
def test_it_moves_from_and_to_objects_of_both_formats(bridge: Bridge, team: Team, formats: str, bundles: str) -> None:
    puts, expected = FORMATS[formats]
    sync_each(bridge, puts, bundles)
    assert where(team) == expected
    assert told(bridge) == []


def test_it_moves_back_when_it_is_told_there_again(bridge: Bridge, team: Team) -> None:
    sync_each(bridge, [("92.json", task(92, 901)), ("91.json", task(91, 900, 901))], "each alone")
    bridge.put("92.json", task(92, 901))
    bridge.sync()
    assert where(team) == {91: [900], 92: [901]}
    bridge.put("91.json", task(91, 900))
    bridge.sync()
    assert where(team) == {91: [900], 92: [901]}


def test_the_commit_says_that_it_moved(bridge: Bridge, team: Team) -> None:
    sync_each(bridge, [("92.json", task(92, 901)), ("91.json", task(91, 901))], "each alone")
    assert "Removed, as it is in another task now:\n- project 4, task 92, annotation 901" in team.body()


def test_a_branch_that_was_set_back_to_before_the_move_gets_it_once_again(bridge: Bridge, team: Team) -> None:
    sync_each(bridge, [("91.json", task(91, 900)), ("92.json", task(92, 901))], "all in one")
    before = team.head()
    bridge.put("91.json", task(91, 900, 901))
    bridge.sync()
    team.run("git", "-C", str(team.playground.repository), "update-ref", "refs/heads/main", before)
    team.run("git", "fetch", "--quiet")
    team.run("git", "reset", "--quiet", "--hard", "origin/main")
    bridge.sync()
    assert where(team) == {91: [900, 901]}


def test_ids_that_name_no_project_are_each_task_s_own(bridge: Bridge, team: Team) -> None:
    def without_project(number: int) -> Json:
        content = annotation(7)
        del content["project"]
        return content | {"task": {"id": number, "data": {"text": "hello"}}}

    sync_each(bridge, [("a/7", without_project(1)), ("b/7", without_project(2))], "each alone")
    assert where(team) == {1: [7], 2: [7]}


def test_an_object_that_still_holds_what_was_deleted_elsewhere_is_told(bridge: Bridge, team: Team) -> None:
    sync_each(bridge, [("old/86", annotation(86)), ("new/86", annotation(86))], "each alone")
    bridge.delete("new/86")
    bridge.sync()
    (found,) = warnings(bridge.folder / FILE_NAME, 20)
    assert found.what == (
        "annotations/old/86 still holds annotation 86 of project 4, task 84, "
        "which has been deleted from annotations/new/86"
    )
    assert "delete it from the bucket" in found.what_to_do
    assert where(team) == {84: [86]}

    bridge.delete("old/86")
    bridge.sync()
    assert told(bridge) == []
    assert team.dataset() == []


@pytest.mark.parametrize("key", ["old/86", "new/86"])
def test_an_object_that_is_put_again_was_not_left_behind(bridge: Bridge, key: str) -> None:
    sync_each(bridge, [("old/86", annotation(86)), ("new/86", annotation(86))], "each alone")
    bridge.delete("new/86")
    bridge.sync()
    bridge.put(key, annotation(86))
    bridge.sync()
    assert told(bridge) == []


def test_a_changed_format_leaves_objects_behind_that_are_told_when_the_other_lets_go(bridge: Bridge) -> None:
    sync_each(bridge, [("86", annotation(86)), ("87", annotation(87)), ("84.json", task(84, 86, 87))], "each alone")
    bridge.put("84.json", task(84, 87))
    bridge.sync()
    (what,) = told(bridge)
    assert what.startswith("annotations/86 still holds annotation 86 ")


def test_what_moved_away_and_was_deleted_there_is_told_of_its_former_object(bridge: Bridge, team: Team) -> None:
    sync_each(bridge, [("92.json", task(92, 901)), ("91.json", task(91, 901))], "each alone")
    bridge.delete("91.json")
    bridge.sync()
    assert team.dataset() == []
    (what,) = told(bridge)
    assert what.startswith("annotations/92.json still holds annotation 901 of project 4, task 92")


def test_many_are_told_as_a_few_and_a_number(bridge: Bridge) -> None:
    for number in range(25):
        bridge.put(f"old/{number}", annotation(number))
        bridge.put(f"new/{number}", annotation(number))
    bridge.sync()
    for number in range(25):
        bridge.delete(f"new/{number}")
    bridge.sync()
    assert len(told(bridge)) == 21
    assert told(bridge)[-1].startswith("5 more annotations")


def test_a_source_task_is_no_record(bridge: Bridge, team: Team) -> None:
    region: Json = {"type": "choices", "value": {"choices": ["pos"]}}
    source: Json = {"id": 1, "data": {"text": "hello"}, "annotations": [{"id": 11, "result": [region]}]}
    bridge.put("source/1.json", source)
    bridge.put("source/2.json", source | {"id": 2, "project": 4})
    bridge.put(
        "source/3.json", json.loads(json.dumps(source | {"id": 3}).replace('{"id": 11', '{"completed_by": 1, "id": 11'))
    )
    bridge.put("86", annotation(86))
    bridge.sync()
    assert where(team) == {84: [86]}
