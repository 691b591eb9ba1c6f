"""A repository of many projects, in which DVC lives in a subfolder (`dvc init --subdir`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from tests.contract.sync.conftest import Bridge, Json, OpenBridge, Team, annotation

PROJECT = "projects/reviews"
DATASET = f"{PROJECT}/data/data.json"


def dvc_in(team: Team, folder: str, *arguments: str) -> None:
    """Run dvc as a data scientist does in that folder of the repository."""
    team.dvc("--cd", str(team.folder / folder), *arguments)


@pytest.fixture
def remote(team: Team, tmp_path: Path) -> Path:
    """DVC in the subfolder beside that of the root, each with a remote of its own; the path is the subfolder's."""
    (team.folder / PROJECT).mkdir(parents=True)
    dvc_in(team, PROJECT, "init", "--quiet", "--subdir")
    dvc_in(team, PROJECT, "remote", "add", "--quiet", "-d", "own", str(tmp_path / "reviews-remote"))
    team.push_files("reviews: dvc init")
    return tmp_path / "reviews-remote"


@pytest.fixture
def reviews(open_bridge: OpenBridge) -> Bridge:
    """Our side, for the dataset in the subfolder."""
    return open_bridge("bridge", DATASET)


def pull(team: Team) -> list[Json]:
    """What a data scientist of the project gets."""
    team.run("git", "pull", "--quiet", "--rebase")
    dvc_in(team, PROJECT, "pull", "--quiet")
    records: list[Json] = json.loads((team.folder / DATASET).read_text("utf-8"))
    return records


def objects(folder: Path) -> int:
    """How many objects a remote in a folder holds."""
    return sum(path.is_file() for path in folder.rglob("*"))


def test_the_nearest_dvc_above_the_dataset_is_its_own(reviews: Bridge, team: Team, remote: Path) -> None:
    reviews.put("86", annotation(86))
    reviews.sync()
    assert [record["id"] for record in pull(team)] == [84]
    assert (objects(remote), objects(team.playground.remote)) == (1, 0)
    assert "up to date" in team.dvc("--cd", str(team.folder / PROJECT), "status")
    changed = team.run("git", "show", "--name-only", "--format=", "HEAD").split()
    assert changed == [f"{PROJECT}/data/.gitignore", f"{DATASET}.dvc"]


def test_their_version_in_the_subfolder_is_merged(reviews: Bridge, team: Team, remote: Path) -> None:
    path = team.folder / DATASET
    path.parent.mkdir()
    path.write_text('[{"id": 5, "data": {"text": "by hand"}, "annotations": []}]')
    dvc_in(team, PROJECT, "add", "--quiet", "data/data.json")
    dvc_in(team, PROJECT, "push", "--quiet")
    team.push_files("reviews: a dataset")
    reviews.put("86", annotation(86))
    reviews.sync()
    assert {record["id"] for record in pull(team)} == {5, 84}
    assert objects(remote) == 2


def test_a_dataset_outside_the_subfolder_belongs_to_the_dvc_of_the_root(
    open_bridge: OpenBridge, team: Team, remote: Path
) -> None:
    root = open_bridge("root")
    root.put("86", annotation(86))
    root.sync()
    assert (objects(remote), objects(team.playground.remote)) == (0, 1)


def test_a_remote_that_is_relative_is_everyones_own_and_needs_a_person(
    reviews: Bridge, team: Team, remote: Path
) -> None:
    dvc_in(team, PROJECT, "remote", "modify", "own", "url", "../../../shared")
    config = (team.folder / PROJECT / ".dvc/config").read_text()
    assert "url = ../../../../shared" in config  # from .dvc, three steps above the project
    team.push_files("reviews: a remote beside the clone")
    reviews.put("86", annotation(86))
    with pytest.raises(Blocked, match="another one for each member") as caught:
        reviews.sync()
    assert "dvc remote modify" in caught.value.hint
    assert not (reviews.folder / "shared").exists()
    dvc_in(team, PROJECT, "remote", "modify", "own", "url", str(remote))
    team.push_files("reviews: a remote for all")
    reviews.sync()
    assert objects(remote) == 1


def test_when_dvc_leaves_the_subfolder_the_root_has_the_dataset(reviews: Bridge, team: Team, remote: Path) -> None:
    team.run("git", "rm", "-r", "--quiet", f"{PROJECT}/.dvc", f"{PROJECT}/.dvcignore")
    team.push_files("reviews: DVC of the root only")
    reviews.put("86", annotation(86))
    reviews.sync()
    assert (objects(remote), objects(team.playground.remote)) == (0, 1)
