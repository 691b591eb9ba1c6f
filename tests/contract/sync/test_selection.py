"""What a filter owes the team: also when it is set, or changed, after much was synced."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from dvc_sync_s3.dataset.selection import EVERYTHING, GroundTruth, Selection, Skips
from dvc_sync_s3.sync import reading
from dvc_sync_s3.sync.annotations import Annotations
from dvc_sync_s3.sync.cycle import Cycle, Step
from dvc_sync_s3.sync.skipped import newest_skipped
from tests.contract.sync.conftest import Bridge, Json, Team, annotation

REVIEWS = Selection(("annotations/reviews/",))
Select = Callable[[Selection], None]


@pytest.fixture
def select(bridge: Bridge) -> Select:
    """Start the bridge again with a selection."""

    def select(selection: Selection) -> None:
        before = bridge.cycle
        bridge.ledger.select(selection)
        kind = before._kind
        assert isinstance(kind, Annotations)
        selected = dataclasses.replace(kind, changes=reading.Changes(bridge.store, selection))
        bridge.cycle = Cycle(selected, before._clone, before._dataset, bridge.ledger, bridge.steps.append)

    return select


def sync_all(bridge: Bridge) -> None:
    while bridge.store.waiting(bridge.ledger.synced_seq).count:
        bridge.sync()


def ids(team: Team) -> list[int]:
    held: Any = team.dataset()
    return sorted(one["id"] for record in held for one in record["annotations"])


def marked(number: int, **marks: bool) -> Json:
    return {**annotation(number, task=number), **marks}


def test_only_what_is_in_the_places_becomes_the_dataset(bridge: Bridge, team: Team, select: Select) -> None:
    select(REVIEWS)
    bridge.put("reviews/1", annotation(1, task=1))
    bridge.put("drafts/2", annotation(2, task=2))
    bridge.put("picture.png", b"\x89PNG")
    sync_all(bridge)
    assert ids(team) == [1]
    assert newest_skipped(bridge.folder, 10) == ()


def test_an_annotation_that_becomes_a_skip_leaves_the_dataset_and_comes_back(
    bridge: Bridge, team: Team, select: Select
) -> None:
    select(Selection(skips=Skips.EXCLUDE))
    for is_skip, held in ((False, [1, 2]), (True, [2]), (False, [1, 2])):
        bridge.put("1", marked(1, was_cancelled=is_skip))
        bridge.put("2", marked(2, was_cancelled=False))
        sync_all(bridge)
        assert ids(team) == held


def test_what_the_settings_take_out_is_told_with_the_reason_and_in_nobody_s_name(
    bridge: Bridge, team: Team, select: Select
) -> None:
    for number in (1, 2):
        bridge.put(str(number), marked(number))
    sync_all(bridge)
    assert "Co-authored-by: Ann" in team.body()
    select(Selection(skips=Skips.EXCLUDE))
    bridge.put("1", marked(1, was_cancelled=True))
    sync_all(bridge)
    assert "Removed, as the settings leave it out:\n- project 4, task 1, annotation 1\n" in team.body()
    assert "Ann" not in team.body()
    select(Selection(("elsewhere",)))
    sync_all(bridge)
    assert "Removed, as the settings leave it out:\n- project 4, task 2, annotation 2\n" in team.body()
    assert "Ann" not in team.body()


def test_a_filter_that_is_set_later_applies_to_what_was_synced_before(
    bridge: Bridge, team: Team, select: Select
) -> None:
    bridge.put("1", marked(1, ground_truth=True))
    bridge.put("2", marked(2, ground_truth=False))
    bridge.put("reviews/3", marked(3, ground_truth=False))
    sync_all(bridge)
    for selection, held in (
        (Selection(ground_truth=GroundTruth.ONLY), [1]),
        (REVIEWS, [3]),
        (Selection(("annotations",), ground_truth=GroundTruth.ONLY), [1]),
        (EVERYTHING, [1, 2, 3]),
    ):
        select(selection)
        sync_all(bridge)
        assert ids(team) == held
        assert bridge.ledger.synced_seq == 3


def test_looking_again_leaves_alone_what_data_scientists_changed(bridge: Bridge, team: Team, select: Select) -> None:
    bridge.put("reviews/1", annotation(1, "pos", task=1))
    bridge.put("drafts/2", annotation(2, task=2))
    sync_all(bridge)
    records: Any = team.dataset()
    records[0]["annotations"][0]["result"][0]["value"]["choices"] = ["fixed"]
    team.share(json.dumps(records).encode())
    select(REVIEWS)
    sync_all(bridge)
    held: Any = team.dataset()
    assert [one["annotations"][0]["result"][0]["value"]["choices"] for one in held] == [["fixed"]]


def test_looking_again_goes_by_bundles_with_new_changes_in_between(
    bridge: Bridge, team: Team, select: Select, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_CHANGES", 2)
    for number in (1, 2, 3, 4, 5):
        bridge.put(f"{number}", marked(number, ground_truth=number % 2 == 1))
    sync_all(bridge)
    select(Selection(ground_truth=GroundTruth.ONLY))
    bridge.sync()
    bridge.put("6", marked(6, ground_truth=True))
    bridge.put("1", marked(1, ground_truth=False))
    sync_all(bridge)
    assert ids(team) == [3, 5, 6]
    assert bridge.ledger.synced_seq == 7


def test_of_an_annotation_in_two_storages_the_older_one_does_not_come_back_by_looking_again(
    bridge: Bridge, team: Team, select: Select, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.put("old/1", annotation(1, "first", task=1))
    bridge.put("new/1", annotation(1, "second", task=1, text="newer"))
    sync_all(bridge)
    before = team.head()
    monkeypatch.setattr(reading, "MOST_CHANGES", 1)
    select(Selection(("annotations/",)))
    sync_all(bridge)
    assert team.head() == before


def test_looking_again_survives_a_crash_at_every_step(bridge: Bridge, team: Team, select: Select) -> None:
    for number in (1, 2):
        bridge.put(f"{number}", marked(number, ground_truth=number == 1))
    sync_all(bridge)
    for step, selection, held in (
        (Step.WRITTEN_DOWN, Selection(ground_truth=GroundTruth.ONLY), [1]),
        (Step.PUSHED, EVERYTHING, [1, 2]),
    ):
        select(selection)
        bridge.cycle._report = _crash_at(step)
        with pytest.raises(RuntimeError):
            bridge.sync()
        select(selection)
        sync_all(bridge)
        assert ids(team) == held
        assert bridge.ledger.synced_seq == 2


def test_an_unchanged_selection_looks_at_nothing_again(bridge: Bridge, select: Select) -> None:
    bridge.put("1", annotation(1))
    sync_all(bridge)
    select(dataclasses.replace(EVERYTHING))
    assert bridge.store.waiting(bridge.ledger.synced_seq).count == 0


def _crash_at(step: Step) -> Callable[[Step], None]:
    def report(done: Step) -> None:
        if done is step:
            raise RuntimeError(step)

    return report
