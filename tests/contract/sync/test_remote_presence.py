"""What the branch names stays on the remote, and a share that is away for a while is never made anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.sync.pushed_folders import PushedFolders
from tests.contract.sync.conftest import DATASET, Bridge, OpenBridge, Team, annotation, configure_remotes
from tests.e2e.servers.team import DvcRemote

FOLDER = "data/annotations"
FAR = 5000
"""A task that is in another shard than 84."""


def objects(folder: Path) -> set[str]:
    """The md5s of what a remote in a folder holds."""
    return {path.parent.name + path.name for path in folder.glob("files/md5/*/*")}


@pytest.fixture
def shards(open_bridge: OpenBridge) -> Bridge:
    """Our side with a folder of two shards, synced in two commits."""
    bridge = open_bridge("shards", FOLDER)
    bridge.put("86", annotation(86))
    bridge.sync()
    bridge.put("87", annotation(87, task=FAR))
    bridge.sync()
    return bridge


def unmount(remote: Path) -> Path:
    """Leave an empty mount point, and return where the share is meanwhile."""
    share = remote.with_name("share")
    remote.rename(share)
    remote.mkdir()
    return share


def mount(share: Path, remote: Path) -> None:
    remote.rmdir()
    share.rename(remote)


def test_a_share_that_is_unmounted_is_waited_for_and_its_mount_point_stays_empty(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    remote, head = team.playground.remote, team.head()
    share = unmount(remote)
    bridge.put("87", annotation(87, task=85))
    with pytest.raises(Transient, match="is empty") as caught:
        bridge.sync()
    assert "mounted" in caught.value.hint
    assert not list(remote.iterdir())
    assert team.head() == head
    mount(share, remote)
    bridge.sync()
    assert len(team.pull()) == 2


def test_a_share_that_is_gone_with_its_folder_is_waited_for(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    share = unmount(team.playground.remote)
    team.playground.remote.rmdir()
    bridge.put("87", annotation(87, task=85))
    with pytest.raises(Transient, match="is gone"):
        bridge.sync()
    assert not team.playground.remote.exists()
    share.rename(team.playground.remote)
    bridge.sync()
    assert len(team.dataset()) == 2


def test_a_folder_that_was_pushed_to_is_expected_even_where_the_branch_names_nothing_yet(
    bridge: Bridge, team: Team
) -> None:
    hook = team.playground.repository / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    bridge.put("86", annotation(86))
    with pytest.raises(Blocked):
        bridge.sync()
    share = unmount(team.playground.remote)
    hook.unlink()
    with pytest.raises(Transient, match="pushed before"):
        bridge.sync()
    mount(share, team.playground.remote)
    bridge.sync()
    assert len(team.dataset()) == 1


def test_a_folder_that_a_branch_names_versions_on_is_not_believed_empty(
    bridge: Bridge, open_bridge: OpenBridge, team: Team
) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    share = unmount(team.playground.remote)
    newcomer = open_bridge("newcomer")
    newcomer.put("87", annotation(87, task=85))
    with pytest.raises(Blocked, match="the branch names the version") as caught:
        newcomer.sync()
    assert "mount" in caught.value.hint
    assert not list(team.playground.remote.iterdir())
    mount(share, team.playground.remote)
    newcomer.sync()
    assert len(team.dataset()) == 2


def test_another_folder_is_another_place_and_may_be_made(bridge: Bridge, team: Team, tmp_path: Path) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    shutil.copytree(team.playground.remote, tmp_path / "moved")
    configure_remotes(team, {"moved": DvcRemote("moved", str(tmp_path / "moved"))}, default="moved")
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    assert len(team.pull()) == 2


def test_a_first_push_waits_where_not_even_the_folder_above_is_there(
    bridge: Bridge, team: Team, tmp_path: Path
) -> None:
    url = tmp_path / "share/project/dvcstore"
    configure_remotes(team, {"share": DvcRemote("share", str(url))}, default="share")
    bridge.put("86", annotation(86))
    with pytest.raises(Blocked, match="so is the one that it would be in") as caught:
        bridge.sync()
    assert "mkdir -p" in caught.value.hint
    assert not (tmp_path / "share").exists()
    url.parent.mkdir(parents=True)
    bridge.sync()
    assert len(objects(url)) == 1


def test_folders_are_remembered_over_restarts(tmp_path: Path) -> None:
    PushedFolders(tmp_path / "folders").add(Path("/mnt/a\nb"))
    PushedFolders(tmp_path / "folders").add(Path("/mnt/c"))
    again = PushedFolders(tmp_path / "folders")
    assert [again.has(Path(path)) for path in ("/mnt/a\nb", "/mnt/c", "/mnt")] == [True, True, False]


def test_what_a_team_member_collected_from_an_old_clone_is_sent_again(shards: Bridge, team: Team) -> None:
    old = team.folder.with_name("old")
    team.run("git", "clone", "--quiet", str(team.playground.repository), str(old))
    member = Team(team.playground, old)
    member.dvc("pull", "--quiet")
    before = objects(team.playground.remote)
    shards.put("88", annotation(88, task=FAR))
    shards.sync()
    newest = objects(team.playground.remote) - before
    member.dvc("gc", "--cloud", "--workspace", "--force", "--quiet")
    assert not newest & objects(team.playground.remote)
    shards.put("89", annotation(89))
    shards.sync()
    team.run("git", "pull", "--quiet", "--rebase")
    team.dvc("pull", "--quiet")
    lines = [path.read_text() for path in sorted((team.folder / FOLDER).glob("*.jsonl"))]
    assert [f'"id":{number},' in "".join(lines) for number in (86, 87, 88, 89)] == [True] * 4
    assert newest <= objects(team.playground.remote)


def test_a_shard_that_nobody_here_has_is_named_and_nothing_is_pushed(shards: Bridge, team: Team) -> None:
    other = next(path for path in team.playground.remote.glob("files/md5/*/*") if b'"id":86,' in path.read_bytes())
    shards.put("88", annotation(88, task=FAR))
    shards.sync()  # what is not new is in no cache any more
    head, lost = team.head(), other.rename(team.folder.with_name("lost"))
    shards.put("89", annotation(89, task=FAR))
    with pytest.raises(Blocked, match=other.parent.name + other.name) as caught:
        shards.sync()
    assert "tasks-0000000000.jsonl" in str(caught.value)
    assert "dvc push" in caught.value.hint
    assert team.head() == head
    lost.rename(other)
    shards.sync()
    assert team.head() != head


def test_a_file_that_was_collected_is_sent_again_with_the_next_one(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    (collected,) = team.playground.remote.glob("files/md5/*/*")
    collected.unlink()
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    assert collected.is_file()
    assert DATASET in team.run("git", "-C", str(team.playground.repository), "ls-tree", "-r", "--name-only", "main")
