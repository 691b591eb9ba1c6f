"""Annotators and data scientists changed the same: what a cycle does by each rule, and what it remembers of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dvc_sync_s3.dataset.model import OnConflict
from dvc_sync_s3.sync.annotations import Annotations
from tests.contract.sync.conftest import Bridge, Json, Team, annotation

Edit = Callable[[Json], object]
DISPLAY = {"created_ago": "3\u00a0days"}


def rule_by(bridge: Bridge, rule: OnConflict) -> None:
    kind = bridge.cycle._kind
    assert isinstance(kind, Annotations)
    bridge.cycle._kind = replace(kind, on_conflict=rule)


def edit(team: Team, change: Edit) -> None:
    """Change the dataset's only record as a data scientist does."""
    records: Any = team.dataset()
    change(records[0])
    team.share(json.dumps(records, indent=1).encode())


def relabel(label: str) -> Edit:
    """Change the label of the first annotation."""
    return lambda record: _first(record).update(result=annotation(86, label)["result"])


def _first(record: Any) -> Any:
    return record["annotations"][0]


def labels(team: Team) -> list[str]:
    records: Any = team.dataset()
    return [one["result"][0]["value"]["choices"][0] for record in records for one in record["annotations"]]


@pytest.mark.parametrize(
    ("rule", "at_once", "when_touched_again"),
    [
        (OnConflict.OURS, ["first"], ["second"]),
        (OnConflict.THEIRS, ["fixed"], ["second"]),
        (OnConflict.BOTH, ["first", "fixed"], ["second", "fixed"]),
    ],
)
def test_a_conflict_is_decided_once_and_by_the_rule(
    bridge: Bridge, team: Team, rule: OnConflict, at_once: list[str], when_touched_again: list[str]
) -> None:
    rule_by(bridge, rule)
    bridge.put("86", annotation(86, "start"))
    bridge.sync()
    edit(team, relabel("fixed"))
    bridge.put("86", annotation(86, "first"))
    bridge.sync()
    assert labels(team) == at_once
    bridge.put("86", {**annotation(86, "first"), **DISPLAY})
    bridge.sync()
    assert labels(team) == at_once
    bridge.put("86", annotation(86, "second"))
    bridge.sync()
    assert labels(team) == when_touched_again


@pytest.mark.parametrize(
    ("rule", "says"),
    [(OnConflict.OURS, "annotators' version"), (OnConflict.THEIRS, "data scientists'"), (OnConflict.BOTH, "kept")],
)
def test_the_commit_says_what_became_of_each_conflict(bridge: Bridge, team: Team, rule: OnConflict, says: str) -> None:
    rule_by(bridge, rule)
    bridge.put("86", annotation(86, "start"))
    bridge.sync()
    edit(team, relabel("fixed"))
    bridge.put("86", annotation(86, "first"))
    bridge.put("87", annotation(87, "new", task=85))
    bridge.sync()
    told = [part for part in team.body().split("\n\n") if part.startswith("Changed on both sides")]
    assert len(told) == 1
    assert says in told[0]
    assert "task 84, annotation 86" in told[0]


def test_two_who_change_different_fields_of_a_task_are_not_in_each_other_s_way(bridge: Bridge, team: Team) -> None:
    task: Any = {**annotation(86), "task": {**_task(annotation(86)), "meta": {"source": "web"}}}
    bridge.put("86", task)
    bridge.sync()
    edit(team, lambda record: _any(record).update(data={"text": "cleaned"}))
    task["task"]["meta"] = {"source": "scan"}
    bridge.put("86", task)
    bridge.sync()
    (record,) = team.dataset()
    assert (record["data"], record["meta"]) == ({"text": "cleaned"}, {"source": "scan"})
    assert "both sides" not in team.body()


def test_a_task_changed_on_both_sides_is_told(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    edit(team, lambda record: _any(record).update(data={"text": "cleaned"}))
    bridge.put("86", annotation(86, text="new"))
    bridge.sync()
    assert [record["data"] for record in team.dataset()] == [{"text": "new"}]
    assert "project 4, task 84, its data" in team.body()


def test_a_task_s_text_comes_again_after_the_branch_was_set_back(bridge: Bridge, team: Team) -> None:
    for text in ("before", "after"):
        bridge.put("86", annotation(86, text=text))
        bridge.sync()
    team.dataset()
    team.run("git", "reset", "--quiet", "--hard", "HEAD~1")
    team.run("git", "push", "--quiet", "--force")
    bridge.sync()
    assert [record["data"] for record in team.dataset()] == [{"text": "after"}]


def test_a_field_that_data_scientists_gave_our_record_keeps_it(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    edit(team, lambda record: _any(record).update(split="train"))
    bridge.delete("86")
    bridge.sync()
    assert [(record["split"], record["annotations"]) for record in team.dataset()] == [("train", [])]


def test_a_task_changed_while_it_has_no_annotation_is_not_taken_for_synced(bridge: Bridge, team: Team) -> None:
    whole: Any = {**_task(annotation(86)), "annotations": [{**annotation(86), "task": 84}]}
    bridge.put("84.json", whole)
    bridge.sync()
    edit(team, lambda record: _any(record).update(predictions=[{"result": []}]))
    bridge.put("84.json", {**whole, "annotations": []})
    bridge.sync()
    changed = {**whole, "data": {"text": "new"}}
    bridge.put("84.json", {**changed, "annotations": []})
    bridge.sync()
    bridge.put("84.json", changed)
    bridge.sync()
    (record,) = team.dataset()
    assert (record["data"], len(_any(record)["annotations"])) == ({"text": "new"}, 1)


def _task(of: Json) -> Json:
    task: Any = of["task"]
    return dict(task)


def _any(record: Json) -> Any:
    return record
