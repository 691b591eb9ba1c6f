"""Version-aware remotes: DVC's own commands push and fetch, and the commit holds the version ids that they wrote."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest

from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.errors import Blocked, Transient
from tests.contract.sync.conftest import DATASET, Bridge, OpenBridge, Team, annotation, configure_remotes
from tests.e2e.servers.remote_contract import letting_go
from tests.e2e.servers.versioned_s3 import VersionedBucket, serve_versioned_s3

KEY = f"team/{DATASET}"
# What the libraries of DVC's file systems still call, and leave open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _quiet_libraries() -> Iterator[None]:
    with letting_go():
        yield


@pytest.fixture
def bucket() -> Iterator[VersionedBucket]:
    with serve_versioned_s3(f"team-{secrets.token_hex(4)}") as bucket:
        yield bucket


@pytest.fixture
def versioned(open_bridge: OpenBridge, team: Team, bucket: VersionedBucket) -> Bridge:
    """Our side, with a version-aware remote."""
    return bridge_on(open_bridge, team, bucket, "version_aware")


def bridge_on(open_bridge: OpenBridge, team: Team, bucket: VersionedBucket, option: str) -> Bridge:
    remote = bucket.remote({option: "true"})
    configure_remotes(team, {"storage": remote}, default="storage")
    lines = [f"    {name} = {value}" for name, value in remote.secrets.items()]
    (team.folder / ".dvc/config.local").write_text("\n".join(["['remote \"storage\"']", *lines, ""]))
    return open_bridge("bridge", settings=RemoteSettings(options=remote.secrets))


def ids(team: Team) -> set[object]:
    return {record["id"] for record in team.pull()}


def test_each_commit_names_a_version_that_can_be_pulled(versioned: Bridge, team: Team, bucket: VersionedBucket) -> None:
    versioned.put("86", annotation(86, task=1))
    versioned.sync()
    assert ids(team) == {1}
    versioned.put("87", annotation(87, task=2))
    versioned.sync()
    assert ids(team) == {1, 2}
    assert bucket.versions() == {KEY: 2}
    team.run("git", "checkout", "--quiet", "HEAD~1")
    team.dvc("pull", "--quiet", "--force")
    assert [record["id"] for record in json.loads((team.folder / DATASET).read_text("utf-8"))] == [1]


def test_the_file_is_the_one_that_dvc_would_have_written(versioned: Bridge, team: Team) -> None:
    versioned.put("86", annotation(86))
    versioned.sync()
    team.pull()
    team.dvc("add", "--quiet", DATASET)
    team.dvc("push", "--quiet")
    assert team.run("git", "status", "--porcelain") == ""
    assert "version_id" in (team.folder / f"{DATASET}.dvc").read_text("utf-8")


def test_their_version_is_read_by_its_id_and_merged(versioned: Bridge, team: Team, bucket: VersionedBucket) -> None:
    path = team.folder / DATASET
    path.parent.mkdir()
    path.write_text('[{"id": 5, "data": {"text": "by hand"}, "annotations": []}]')
    team.dvc("add", "--quiet", DATASET)
    team.dvc("push", "--quiet")
    team.push_files("data: a dataset")
    bucket.put(KEY, b"newer than what the branch names")
    versioned.put("86", annotation(86))
    versioned.sync()
    assert ids(team) == {5, 84}


def test_a_remote_with_a_work_tree_keeps_what_is_not_ours(
    open_bridge: OpenBridge, team: Team, bucket: VersionedBucket
) -> None:
    bucket.put("team/other/data.csv", b"of someone else")
    bridge = bridge_on(open_bridge, team, bucket, "worktree")
    bridge.put("86", annotation(86))
    bridge.sync()
    assert ids(team) == {84}
    assert bucket.versions() == {KEY: 1, "team/other/data.csv": 1}


def test_no_secret_is_left_on_the_disk(versioned: Bridge) -> None:
    versioned.put("86", annotation(86))
    versioned.sync()
    files = [path for path in versioned.folder.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"secret-of-the-team" in path.read_bytes()] == []


def test_a_pointer_that_was_never_pushed_needs_its_author(versioned: Bridge, team: Team) -> None:
    path = team.folder / DATASET
    path.parent.mkdir()
    path.write_text("[]")
    team.dvc("add", "--quiet", DATASET)
    team.push_files("data: a dataset, not pushed with DVC")
    versioned.put("86", annotation(86))
    with pytest.raises(Blocked, match="is not on the remote") as caught:
        versioned.sync()
    assert "dvc push" in caught.value.hint


def test_a_server_that_is_away_is_tried_again(open_bridge: OpenBridge, team: Team) -> None:
    with serve_versioned_s3("team-data") as bucket:
        bridge = bridge_on(open_bridge, team, bucket, "version_aware")
    bridge.put("86", annotation(86))
    with pytest.raises(Transient, match="storage"):
        bridge.sync()


def test_a_dataset_of_many_files_needs_another_remote(
    open_bridge: OpenBridge, team: Team, bucket: VersionedBucket
) -> None:
    remote = bucket.remote({"version_aware": "true"})
    configure_remotes(team, {"storage": remote}, default="storage")
    bridge = open_bridge("bridge", "data/annotations", RemoteSettings(options=remote.secrets))
    bridge.put("86", annotation(86))
    with pytest.raises(Blocked, match="the dataset is a folder") as caught:
        bridge.sync()
    assert "DVC_DATASET" in caught.value.hint
    assert bucket.versions() == {}
