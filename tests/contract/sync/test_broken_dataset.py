"""A dataset that someone broke, moved or gave another form: the service waits, and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from tests.contract.sync.conftest import DATASET, Bridge, Team, annotation

POINTER = f"{DATASET}.dvc"


def blocked(bridge: Bridge, team: Team) -> Blocked:
    """Return what a new annotation is blocked with; nothing may have been pushed or be taken for synced."""
    tip = team.head()
    bridge.put("99", annotation(99, task=99))
    with pytest.raises(Blocked) as caught:
        bridge.sync()
    assert caught.value.hint
    assert team.head() == tip
    return caught.value


def heal(bridge: Bridge, team: Team, revision: str) -> set[object]:
    """Bring the branch's files back as they were at `revision`, sync, and return the ids of the tasks then there."""
    team.run("git", "checkout", "--quiet", revision, "--", ".")
    team.push_files("data: restored")
    bridge.sync()
    return {record["id"] for record in team.dataset()}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'[{"id": 5, "data": {}}', "not a JSON array"),
        (b'{"images": [], "annotations": [], "categories": []}', "not a JSON array"),
        (b'{"id": 5, "data": {}}\n{"id": 6, "data": {}}\n', "not a JSON array"),
        (b"id,text\n5,hello\n", "not a JSON array"),
        (b"", "empty"),
        (b'[\n<<<<<<< HEAD\n{"id": 5}\n=======\n{"id": 6}\n>>>>>>> theirs\n]\n', "not a JSON array"),
        (b'[{"id": 5, "data": {}, "score": NaN}]', "NaN"),
    ],
    ids=["cut off", "COCO", "JSON lines", "CSV", "empty", "conflict markers", "NaN"],
)
def test_a_file_that_is_no_array_of_tasks_waits_for_a_person(
    bridge: Bridge, team: Team, content: bytes, reason: str
) -> None:
    team.share(content)
    assert reason in str(blocked(bridge, team))


def test_a_correction_of_a_broken_file_is_all_it_takes(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    good = team.head()
    team.share(b"[")
    blocked(bridge, team)
    assert heal(bridge, team, good) == {84, 99}


@pytest.mark.parametrize("command", [("rm",), ("mv",)], ids=["deleted", "moved"])
def test_a_dataset_that_is_gone_is_not_begun_anew(bridge: Bridge, team: Team, command: tuple[str]) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    good = team.head()
    team.dataset()
    where = (POINTER, "elsewhere.json.dvc") if command == ("mv",) else (POINTER,)
    team.run("git", *command, "--quiet" if command == ("rm",) else "-v", *where)
    team.push_files("data: not here any more")
    error = blocked(bridge, team)
    assert POINTER in str(error)
    assert "DVC_DATASET" in error.hint
    assert heal(bridge, team, good) == {84, 99}


def test_a_dataset_that_became_a_folder_waits_for_a_person(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    good = team.head()
    team.dataset()
    pointer = team.folder / POINTER
    pointer.write_text("outs:\n- md5: d751713988987e9331980363e24189ce.dir\n  hash: md5\n  path: data.json\n", "utf-8")
    team.push_files("data: one file for each task")
    error = blocked(bridge, team)
    assert "folder" in str(error)
    assert "DVC_DATASET" in error.hint
    assert heal(bridge, team, good) == {84, 99}


def test_a_pointer_with_conflict_markers_waits_for_a_person(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    good = team.head()
    team.dataset()
    pointer = Path(team.folder / POINTER)
    ours = pointer.read_text(encoding="utf-8")
    pointer.write_text(f"<<<<<<< HEAD\n{ours}=======\n{ours}>>>>>>> theirs\n", encoding="utf-8")
    team.push_files("merge, not quite done")
    assert "conflict markers" in str(blocked(bridge, team))
    assert heal(bridge, team, good) == {84, 99}
