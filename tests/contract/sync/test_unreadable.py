"""What an object that can't be used, wholly or in part, does to the dataset: nothing, and people are told."""

from __future__ import annotations

from typing import Any

import pytest

from dvc_sync_s3.sync import reading
from dvc_sync_s3.sync.skipped import SkippedObject, newest_skipped
from tests.contract.sync.conftest import Bridge, Json, Team, annotation
from tests.contract.sync.test_metrics import measuring, numbers


def ids(team: Team) -> list[int]:
    held: Any = team.dataset()
    return sorted(one["id"] for record in held for one in record["annotations"])


def task(*annotations: Any) -> Json:
    """A task of Label Studio's other form."""
    listed = [{**one, "task": 84} if isinstance(one, dict) else one for one in annotations]
    return {"id": 84, "project": 4, "data": {"text": "hello"}, "annotations": listed}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>Please log in</html>", "not a JSON object"),
        (b'{"id":86,"result":[{"value":{"x":NaN}}],"task":{"id":84,"data":{}}}', "not JSON: NaN is not a JSON number"),
        (b'{"id":86,"result":[', "not JSON: Expecting value at line 1 column 20"),
        (b'{"id":86' + b" " * 100 + b"}", "larger than 64 MiB"),
    ],
)
def test_what_was_last_read_of_an_object_stays_until_it_can_be_read_again(
    bridge: Bridge, team: Team, monkeypatch: pytest.MonkeyPatch, body: bytes, reason: str
) -> None:
    bridge.put("86", annotation(86))
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    if reason.startswith("larger"):
        monkeypatch.setattr(reading, "_LARGEST_ANNOTATION", 100)
    bridge.put("86", body)
    assert bridge.sync().commit is None
    monkeypatch.undo()
    assert newest_skipped(bridge.folder, 10) == (SkippedObject("annotations", "86", reason, kept=1),)
    bridge.put("86", annotation(86, "neg"))
    bridge.sync()
    assert (ids(team), newest_skipped(bridge.folder, 10)) == ([86, 87], ())
    bridge.put("86", body)
    bridge.delete("86")
    bridge.sync()
    assert ids(team) == [87]


@pytest.mark.parametrize("element", [None, 7, {"id": "x", "result": []}, {"id": 88, "result": "cat"}])
def test_the_other_annotations_of_a_task_stay_when_one_cannot_be_used(bridge: Bridge, team: Team, element: Any) -> None:
    bridge.put("84.json", task(annotation(86), annotation(87)))
    bridge.sync()
    bridge.put("84.json", task(annotation(86), element, annotation(89)))
    bridge.sync()
    assert ids(team) == [86, 87, 89]
    (told,) = newest_skipped(bridge.folder, 10)
    assert (told.key, told.kept) == ("84.json", 3)
    assert told.reason.endswith("; the others are used")
    bridge.put("84.json", task(annotation(86), annotation(89)))
    bridge.sync()
    assert (ids(team), newest_skipped(bridge.folder, 10)) == ([86, 89], ())


def test_a_skip_without_a_result_is_an_annotation_like_others(bridge: Bridge, team: Team) -> None:
    skip = {**annotation(87), "result": None, "was_cancelled": True}
    bridge.put("84.json", task(annotation(86), skip))
    bridge.put("90", {**annotation(90, task=90), "result": None})
    bridge.sync()
    held: Any = team.dataset()
    assert {one["id"]: one["result"] for record in held for one in record["annotations"] if one["id"] != 86} == {
        87: [],
        90: [],
    }
    assert newest_skipped(bridge.folder, 10) == ()


def test_a_label_with_half_an_emoji_is_told_by_dvc_and_git(bridge: Bridge, team: Team) -> None:
    measuring(bridge)
    bridge.put("86", annotation(86, "cat \ud83d"))
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    assert ids(team) == [86, 87]
    assert r"- cat \ud83d: 1" in team.body()
    assert numbers(team)["labels"] == {r"cat \ud83d": 1, "pos": 1}
    assert r"cat \ud83d" in team.dvc("metrics", "show")
