"""What a cycle owes the annotators and the data scientists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dvc_sync_s3.errors import Blocked, Rejected
from dvc_sync_s3.sync.cycle import Step
from dvc_sync_s3.sync.skipped import newest_skipped
from tests.contract.sync.conftest import DATASET, Bridge, Json, OpenBridge, Team, annotation


def labels(records: list[Json]) -> dict[int, str]:
    """Annotation id → the label chosen."""
    held: Any = records
    return {one["id"]: one["result"][0]["value"]["choices"][0] for record in held for one in record["annotations"]}


def by_hand(record: Json, label: str) -> Json:
    """The record with its first annotation's label changed."""
    copy: Any = json.loads(json.dumps(record))
    copy["annotations"][0]["result"][0]["value"]["choices"] = [label]
    return dict(copy)


def test_what_annotators_create_change_and_delete_is_what_data_scientists_pull(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86, "pos", task=1))
    bridge.put("87", annotation(87, "neg", task=2))
    assert bridge.sync().seq == 2
    assert labels(team.pull()) == {86: "pos", 87: "neg"}
    bridge.put("86", annotation(86, "neutral", task=1))
    bridge.delete("87")
    assert bridge.sync().seq == 4
    assert labels(team.pull()) == {86: "neutral"}
    assert team.subjects() == ["annotations: 1 changed, 1 removed (neg, neutral)", "annotations: 2 added (neg, pos)"]


def test_data_is_on_the_remote_and_verified_before_git_names_it(bridge: Bridge) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    assert bridge.steps == [
        *list(Step)[:5],
        Step.UPLOADED,
        Step.VERIFIED,
        Step.COMMITTED,
        Step.WRITTEN_DOWN,
        Step.PUSHED,
        Step.REFRESHED,
        Step.SETTLED,
        Step.CONFIRMED,
    ]


def test_a_second_clone_is_clean_in_every_way_dvc_can_tell(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    team.pull()
    assert "up to date" in team.dvc("status")
    assert "in sync" in team.dvc("status", "-c")
    assert team.dvc("diff").strip() == ""
    team.dvc("add", DATASET)
    assert team.run("git", "status", "--porcelain") == ""


def test_saving_the_same_again_makes_no_commit(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    bridge.put("86", annotation(86) | {"created_ago": "3\u00a0days"})
    assert (bridge.sync().seq, bridge.sync().seq) == (2, 2)
    assert len(team.subjects()) == 1


def test_what_is_no_annotation_is_kept_and_left_out(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.put("picture.png", b"\x89PNG\r\n\x1a\n")
    bridge.put("tasks.json", b'[{"data": {"text": "source"}}]')
    bridge.put("broken.json", b'{"id": 1, ')
    assert bridge.sync().seq == 4
    assert labels(team.pull()) == {86: "pos"}
    skipped = newest_skipped(bridge.folder, 10)
    assert {one.key for one in skipped} == {"picture.png", "tasks.json", "broken.json"}
    assert all(one.reason for one in skipped)


def test_a_dataset_that_was_there_before_stays(bridge: Bridge, team: Team) -> None:
    theirs: list[Json] = [
        {"id": 5, "project": 4, "data": {"text": "theirs"}, "annotations": [], "split": "train"},
        {"data": {"text": "no id"}, "annotations": []},
    ]
    team.push(theirs)
    bridge.put("86", annotation(86))
    bridge.sync()
    records = team.pull()
    assert [record for record in records if record.get("id") != 84] == theirs


def test_what_a_data_scientist_changed_stays_when_label_studio_sends_everything_again(
    bridge: Bridge, team: Team
) -> None:
    bridge.put("86", annotation(86, task=1))
    bridge.put("87", annotation(87, task=2))
    bridge.sync()
    records = team.pull()
    team.push([by_hand(records[0], "fixed")])  # one changed, the other's record deleted
    for number, task in ((86, 1), (87, 2)):
        bridge.put(str(number), annotation(number, task=task) | {"created_ago": "1\u00a0day"})
    bridge.sync()
    assert labels(team.pull()) == {86: "fixed"}


def test_a_second_storage_that_gets_everything_undoes_nothing(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    team.push([by_hand(team.pull()[0], "fixed")])
    bridge.put("second/86", annotation(86))
    bridge.sync()
    bridge.delete("second/86")
    bridge.sync()
    assert labels(team.pull()) == {86: "fixed"}


def test_where_both_changed_an_annotation_the_annotator_wins_and_the_commit_says_so(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    team.push([by_hand(team.pull()[0], "theirs")])
    bridge.put("86", annotation(86, "ours"))
    bridge.sync()
    assert labels(team.pull()) == {86: "ours"}
    assert "86" in team.body()
    assert "conflict" in team.body().lower() or "both" in team.body().lower()


def test_a_record_deleted_by_hand_returns_when_an_annotator_touches_it(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    team.pull()
    team.push([])
    bridge.put("86", annotation(86, "again"))
    bridge.sync()
    assert labels(team.pull()) == {86: "again"}


def test_a_task_whose_text_label_studio_changed_is_changed(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86, text="before"))
    bridge.sync()
    bridge.put("86", annotation(86, text="after"))
    bridge.sync()
    assert [record["data"] for record in team.pull()] == [{"text": "after"}]


def test_a_push_that_comes_first_is_built_upon(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    theirs: Json = {"id": 5, "project": 4, "data": {"text": "theirs"}, "annotations": []}

    def push_first(step: Step) -> None:
        if step is Step.WRITTEN_DOWN and not team.subjects():
            team.push([theirs])

    bridge.cycle._report = push_first
    with pytest.raises(Rejected):
        bridge.sync()
    assert bridge.sync().seq == 1
    records = team.pull()
    assert theirs in records
    assert labels(records) == {86: "pos"}


def test_two_bridges_on_one_branch_lose_nothing(open_bridge: OpenBridge, team: Team) -> None:
    one, other = open_bridge("one"), open_bridge("other")
    one.put("1", annotation(1, task=1))
    one.sync()
    other.put("2", annotation(2, task=2))
    other.sync()
    one.put("3", annotation(3, task=3))
    assert one.sync().seq == 2
    assert sorted(labels(team.pull())) == [1, 2, 3]


def test_a_restart_reads_from_the_branch_how_far_it_is(bridge: Bridge, open_bridge: OpenBridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    again = open_bridge("bridge")
    assert again.sync().seq == 1
    assert len(team.subjects()) == 1


def test_a_branch_that_was_reset_gets_the_changes_again(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    bridge.put("87", annotation(87, task=2))
    bridge.sync()
    team.pull()
    team.run("git", "push", "--quiet", "--force", "origin", "HEAD~1:main")
    assert bridge.sync().seq == 2
    team.run("git", "fetch", "--quiet")
    team.run("git", "reset", "--quiet", "--hard", "origin/main")
    assert labels(team.pull()) == {86: "pos", 87: "pos"}


def test_a_revert_by_the_team_is_respected(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86, "first"))
    bridge.sync()
    bridge.put("86", annotation(86, "second"))
    bridge.sync()
    team.pull()
    team.run("git", "revert", "--no-edit", "HEAD")
    team.run("git", "push", "--quiet")
    bridge.put("87", annotation(87, task=2))
    bridge.sync()
    assert labels(team.pull()) == {86: "first", 87: "pos"}


def test_a_version_that_is_not_on_the_remote_needs_a_person(bridge: Bridge, team: Team) -> None:
    team.push([{"id": 5, "project": 4, "data": {}, "annotations": []}])
    for version in team.playground.remote.rglob("*"):
        if version.is_file():
            version.unlink()
    bridge.put("86", annotation(86))
    with pytest.raises(Blocked) as caught:
        bridge.sync()
    assert "dvc push" in caught.value.hint


def test_a_dataset_that_git_itself_tracks_needs_a_person(bridge: Bridge, team: Team) -> None:
    (team.folder / "data").mkdir()
    (team.folder / DATASET).write_text("[]", encoding="utf-8")
    team.run("git", "add", DATASET)
    team.run("git", "commit", "--quiet", "-m", "dataset: in Git by mistake")
    team.run("git", "push", "--quiet")
    bridge.put("86", annotation(86))
    with pytest.raises(Blocked, match="Git itself tracks"):
        bridge.sync()
