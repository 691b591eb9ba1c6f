"""A dataset inside a folder that the team tracks as one: its entries change, all others stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.pointer import read_pointer
from dvc_sync_s3.errors import Blocked, Rejected
from tests.contract.sync.conftest import OpenBridge, Team, annotation
from tests.contract.sync.test_metrics import measuring
from tests.contract.sync.test_mirror import mirroring

PICTURE = "corpus/pictures/cat.png"
DATASET = "corpus/labels/all.json"
SHARDS = "corpus/labels/shards"


@pytest.fixture
def folder(team: Team) -> Path:
    """Let the team track a folder with a picture and two lists of tasks in it."""
    _write(team, PICTURE, b"not really a picture")
    _write(team, DATASET, json.dumps([{"id": 50, "project": 4, "data": {"text": "old"}, "annotations": []}]).encode())
    _write(team, f"{SHARDS}/README.md", b"one line for each task\n")
    _publish(team, "corpus: all of it")
    return team.folder / "corpus"


def _write(team: Team, path: str, content: bytes) -> None:
    file = team.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_bytes(content)


def _publish(team: Team, subject: str) -> None:
    team.dvc("add", "--quiet", "corpus")
    team.dvc("push", "--quiet")
    team.push_files(subject)


def _pull(team: Team) -> None:
    team.run("git", "pull", "--quiet", "--rebase")
    team.dvc("pull", "--quiet", "--force")


def _records(team: Team) -> dict[int, list[int]]:
    documents = json.loads((team.folder / DATASET).read_text("utf-8"))
    return {each["id"]: [one["id"] for one in each["annotations"]] for each in documents}


def test_a_file_in_a_tracked_folder_is_kept_current_and_dvc_finds_nothing_amiss(
    folder: Path, team: Team, open_bridge: OpenBridge
) -> None:
    bridge = open_bridge("bridge", DATASET)
    measuring(bridge, path=DATASET)
    bridge.put("86", annotation(86))
    bridge.sync()
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    _pull(team)
    assert _records(team) == {50: [], 84: [86], 85: [87]}
    assert (team.folder / PICTURE).read_bytes() == b"not really a picture"
    assert "up to date" in team.dvc("status")
    assert "No changes" in team.dvc("data", "status", "--granular")
    assert not team.run("git", "status", "--porcelain")
    pointer = read_pointer((team.folder / "corpus.dvc").read_bytes(), "corpus")
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert (pointer.nfiles, pointer.size) == (len(files), sum(file.stat().st_size for file in files))
    assert json.loads((team.folder / "all.metrics.json").read_text("utf-8"))["annotations"] == 2
    before = (team.folder / "corpus.dvc").read_bytes()
    team.dvc("add", "--quiet", "corpus")
    assert (team.folder / "corpus.dvc").read_bytes() == before


def test_a_folder_in_a_tracked_folder_grows_is_emptied_and_grows_again(
    folder: Path, team: Team, open_bridge: OpenBridge
) -> None:
    bridge = open_bridge("bridge", SHARDS)
    shards = folder.parent / SHARDS
    bridge.put("86", annotation(86))
    bridge.put("900", annotation(900, task=900))
    bridge.sync()
    _pull(team)
    shard_names = {"README.md", "tasks-0000000000.jsonl", "tasks-0000000512.jsonl"}
    assert {file.name for file in shards.iterdir()} == shard_names
    bridge.delete("86")
    bridge.delete("900")
    bridge.sync()
    bridge.put("87", annotation(87))
    bridge.sync()
    _pull(team)
    assert {file.name for file in shards.iterdir()} == {"README.md", "tasks-0000000000.jsonl"}
    assert "up to date" in team.dvc("status")
    files = [file for file in folder.rglob("*") if file.is_file()]
    pointer = read_pointer((team.folder / "corpus.dvc").read_bytes(), "corpus")
    assert (pointer.nfiles, pointer.size) == (len(files), sum(file.stat().st_size for file in files))


@pytest.mark.usefixtures("folder")
def test_a_folder_that_is_not_there_yet_is_begun_and_stays_when_it_is_empty(
    team: Team, open_bridge: OpenBridge
) -> None:
    bridge = open_bridge("bridge", "corpus/new")
    for number in (86, 87):
        bridge.put(str(number), annotation(number))
        bridge.sync()
        bridge.delete(str(number))
        bridge.sync()
    bridge.put("88", annotation(88))
    bridge.sync()
    _pull(team)
    assert {file.name for file in (team.folder / "corpus/new").iterdir()} == {".keep", "tasks-0000000000.jsonl"}
    assert "up to date" in team.dvc("status")


@pytest.mark.usefixtures("folder")
def test_another_entry_that_a_teammate_changes_at_the_same_time_stays_changed(
    team: Team, open_bridge: OpenBridge
) -> None:
    bridge = open_bridge("bridge", DATASET)
    bridge.put("86", annotation(86))
    bridge.sync()
    _pull(team)
    bridge.put("87", annotation(87, task=85))
    push = bridge.cycle._clone.push

    def pushed_first(commit: str) -> None:
        bridge.cycle._clone.push = push  # type: ignore[method-assign]
        _write(team, PICTURE, b"a better picture")
        _publish(team, "corpus: a better picture")
        push(commit)

    bridge.cycle._clone.push = pushed_first  # type: ignore[method-assign]
    with pytest.raises(Rejected):
        bridge.sync()
    bridge.sync()
    _pull(team)
    assert _records(team) == {50: [], 84: [86], 85: [87]}
    assert (team.folder / PICTURE).read_bytes() == b"a better picture"


@pytest.mark.usefixtures("folder")
def test_a_dataset_that_is_gone_from_the_folder_waits_for_a_person(team: Team, open_bridge: OpenBridge) -> None:
    bridge = open_bridge("bridge", DATASET)
    bridge.put("86", annotation(86))
    bridge.sync()
    _pull(team)
    (team.folder / DATASET).unlink()
    _publish(team, "corpus: labels are elsewhere")
    bridge.put("87", annotation(87))
    with pytest.raises(Blocked, match=r"corpus/labels/all\.json in corpus\.dvc is gone from the branch"):
        bridge.sync()


@pytest.mark.usefixtures("folder")
def test_a_dvc_file_inside_the_tracked_folder_waits_for_a_person(team: Team, open_bridge: OpenBridge) -> None:
    inner = f"{DATASET}.dvc"
    (team.folder / inner).write_text("outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  hash: md5\n  path: all.json\n")
    team.run("git", "add", "--force", inner)
    team.push_files("corpus: twice")
    bridge = open_bridge("bridge", DATASET)
    bridge.put("86", annotation(86))
    with pytest.raises(Blocked, match=r"corpus\.dvc tracks corpus as one, and corpus/labels/all\.json\.dvc is in it"):
        bridge.sync()


def test_a_mirror_in_a_tracked_folder_changes_its_own_files_alone(
    folder: Path, team: Team, open_bridge: OpenBridge
) -> None:
    bridge = open_bridge("bridge", "corpus/bucket")
    mirroring(bridge)
    bridge.put("a.bin", b"one")
    bridge.put("deep/b.bin", b"two")
    bridge.sync()
    bridge.delete("a.bin")
    bridge.put("deep/b.bin", b"changed")
    bridge.sync()
    _pull(team)
    assert [file for file in (folder / "bucket").rglob("*") if file.is_file()] == [
        folder / "bucket/annotations/deep/b.bin"
    ]
    assert (folder / "bucket/annotations/deep/b.bin").read_bytes() == b"changed"
    assert (team.folder / PICTURE).exists()
    assert "up to date" in team.dvc("status")
    files = [file for file in folder.rglob("*") if file.is_file()]
    pointer = read_pointer((team.folder / "corpus.dvc").read_bytes(), "corpus")
    assert (pointer.nfiles, pointer.size) == (len(files), sum(file.stat().st_size for file in files))
