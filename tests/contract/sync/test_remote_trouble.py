"""A DVC remote that is misconfigured, closed or away: the service says so, and goes on once it is mended."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dvc_sync_s3.dvc import answering
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.errors import Blocked, Transient
from tests.contract.sync.conftest import DATASET, Bridge, OpenBridge, Team, annotation, configure_remotes
from tests.e2e.servers.remote_contract import letting_go
from tests.e2e.servers.ssh_remote import serve_ssh
from tests.e2e.servers.team import DvcRemote
from tests.e2e.servers.web_remote import http_remote, serve_http

# What the libraries of DVC's file systems still call, and leave open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _quiet_libraries() -> Iterator[None]:
    with letting_go():
        yield


def folder_remote(path: Path) -> DvcRemote:
    return DvcRemote("storage", str(path))


def objects(folder: Path) -> int:
    """How many objects a remote in a folder holds."""
    return sum(path.is_file() for path in folder.rglob("*"))


def check_blocked(bridge: Bridge, team: Team, *, reason: str, hint: str) -> None:
    """The next sync waits for a person, and nothing reaches the branch."""
    before = team.head()
    with pytest.raises(Blocked, match=reason) as caught:
        bridge.sync()
    assert hint in caught.value.hint
    assert team.head() == before


def test_a_default_remote_that_is_not_there_waits_and_heals(bridge: Bridge, team: Team, tmp_path: Path) -> None:
    store = folder_remote(tmp_path / "there")
    configure_remotes(team, {"there": store}, default="gone")
    bridge.put("86", annotation(86))
    check_blocked(bridge, team, reason=r"core.remote is gone; .dvc/config has: there", hint="dvc remote add")
    configure_remotes(team, {"there": store}, default="there")
    bridge.sync()
    assert objects(tmp_path / "there") == 1


def test_several_remotes_without_a_default_wait_and_heal(
    bridge: Bridge, open_bridge: OpenBridge, team: Team, tmp_path: Path
) -> None:
    remotes = {name: folder_remote(tmp_path / name) for name in ("one", "two")}
    configure_remotes(team, remotes, default=None)
    bridge.put("86", annotation(86))
    check_blocked(bridge, team, reason="has: one, two", hint="DVC_REMOTE_NAME")
    named = open_bridge("named", settings=RemoteSettings(name="two"))
    named.put("87", annotation(87))
    named.sync()
    assert (objects(tmp_path / "one"), objects(tmp_path / "two")) == (0, 1)
    configure_remotes(team, remotes, default="two")
    bridge.sync()
    assert {one["id"] for record in team.pull() for one in record["annotations"]} == {86, 87}  # type: ignore[index, call-overload, union-attr]


def test_an_outs_own_remote_has_its_data_and_waits_when_it_is_gone(bridge: Bridge, team: Team, tmp_path: Path) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    remotes = {"storage": folder_remote(team.playground.remote), "own": folder_remote(tmp_path / "own")}
    configure_remotes(team, remotes, default="storage")
    pointer = team.folder / f"{DATASET}.dvc"
    pointer.write_text(pointer.read_text() + "  remote: own\n")
    shutil.copytree(team.playground.remote, tmp_path / "own")
    team.push_files("data: on a remote of its own")
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    assert (objects(team.playground.remote), objects(tmp_path / "own")) == (1, 2)
    assert len(team.pull()) == 2
    configure_remotes(team, {"storage": remotes["storage"]}, default="storage")
    bridge.put("88", annotation(88))
    check_blocked(bridge, team, reason="asks for the remote own", hint="dvc remote add")
    configure_remotes(team, remotes, default="storage")
    bridge.sync()
    assert objects(tmp_path / "own") == 3


def test_a_dataset_that_the_team_keeps_off_the_remote_is_not_uploaded(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    pointer = team.folder / f"{DATASET}.dvc"
    team.run("git", "pull", "--quiet", "--rebase")
    plain = pointer.read_text()
    pointer.write_text(plain + "  push: false\n")
    team.push_files("data: kept at home")
    bridge.put("87", annotation(87, task=85))
    check_blocked(bridge, team, reason="push: false", hint="remove that line")
    assert objects(team.playground.remote) == 1
    pointer.write_text(plain)
    team.push_files("data: shared again")
    bridge.sync()
    assert len(team.dataset()) == 2


def test_credentials_revoked_while_it_runs_wait_and_heal(open_bridge: OpenBridge, team: Team, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    with serve_http(tmp_path / "web") as location:
        remote = http_remote(location)
        configure_remotes(team, {"storage": remote}, default="storage")
        bridge = open_bridge("bridge", settings=RemoteSettings(options=remote.secrets))
        bridge.put("86", annotation(86))
        bridge.sync()
        password, location.password = location.password, "another"
        bridge.put("87", annotation(87))
        check_blocked(bridge, team, reason="401", hint="credentials")
        location.password = password
        bridge.sync()
    assert objects(tmp_path / "web") == 2


def test_a_server_that_was_started_again_is_connected_to_again(
    open_bridge: OpenBridge, team: Team, tmp_path: Path
) -> None:
    with serve_ssh(tmp_path / "ssh") as location:
        configure_remotes(team, {"storage": location.remote}, default="storage")
        bridge = open_bridge("bridge", settings=RemoteSettings(options=location.remote.secrets))
        bridge.put("86", annotation(86))
        bridge.sync()
    bridge.put("87", annotation(87))
    before = team.head()
    with pytest.raises(Transient):
        bridge.sync()
    assert team.head() == before
    with serve_ssh(tmp_path / "ssh", port=location.port):
        bridge.sync()
    assert objects(tmp_path / "ssh/files/team") == 2


@pytest.mark.parametrize("scheme", ["http", "s3"])
def test_a_remote_that_takes_the_connection_and_says_nothing_is_told(
    open_bridge: OpenBridge, team: Team, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr(answering.Answering.__init__, "__defaults__", (1.0, 1.0))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = RemoteSettings(url=f"{address}/dvc")
        if scheme == "s3":
            settings = RemoteSettings(
                url="s3://bucket/dvc", s3_endpoint=address, s3_access_key_id="key", s3_secret_access_key="secret"
            )
        configure_remotes(team, {}, default=None)
        bridge = open_bridge("silent", settings=settings)
        bridge.put("86", annotation(86))
        with pytest.raises(Transient, match="has not answered for 1 s") as caught:
            bridge.sync()
    assert "says nothing" in caught.value.hint
