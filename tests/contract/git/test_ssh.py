"""Git by ssh: a deploy key, and servers that must be known; with the real ssh."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Ssh
from tests.contract.git.conftest import ENVIRON, Member
from tests.e2e.servers.git_ssh_server import GitSshServer, make_key, serve_git_by_ssh

POINTER = "data/data.json.dvc"
Open = Callable[..., Clone]


@pytest.fixture
def ssh_server(server: Path, tmp_path: Path) -> Iterator[GitSshServer]:
    """The team's server, reached by ssh."""
    folder = tmp_path / "keys with % and space"
    folder.mkdir()
    with serve_git_by_ssh(server.parent, folder) as served:
        yield served


@pytest.fixture
def open_by_ssh(ssh_server: GitSshServer, server: Path, open_clone: Open, tmp_path: Path) -> Callable[[Ssh], Clone]:
    """Open our clone with these keys, as a user who has an empty home."""
    environ = ENVIRON | {"HOME": str(tmp_path)}
    return lambda ssh: open_clone(url=ssh_server.url(server.name), environ=environ, ssh=ssh)


def test_a_deploy_key_and_known_hosts_are_all_it_takes(
    member: Member, ssh_server: GitSshServer, open_by_ssh: Callable[[Ssh], Clone]
) -> None:
    clone = open_by_ssh(Ssh(ssh_server.key_file, ssh_server.known_hosts_file))
    clone.refresh()
    commit = clone.commit({POINTER: b"ours"}, "annotations: 1 added")
    clone.push(commit)
    member.git("fetch", "--quiet")
    assert member.git("rev-parse", "origin/main") == commit
    assert clone.refresh().commit == commit


def test_a_server_that_is_not_known_is_not_trusted(
    member: Member, ssh_server: GitSshServer, open_by_ssh: Callable[[Ssh], Clone], tmp_path: Path
) -> None:
    others = tmp_path / "known_hosts"
    others.write_text(f"[127.0.0.1]:{ssh_server.port} {make_key(tmp_path / 'other').export_public_key().decode()}")
    empty = tmp_path / "empty"
    empty.touch()
    for known_hosts in (others, empty):
        with pytest.raises(Blocked, match="Host key verification failed") as caught:
            open_by_ssh(Ssh(ssh_server.key_file, known_hosts)).refresh()
        assert "known_hosts" in caught.value.hint


def test_a_key_that_the_server_does_not_know_waits_for_a_person(
    member: Member, ssh_server: GitSshServer, open_by_ssh: Callable[[Ssh], Clone], tmp_path: Path
) -> None:
    make_key(tmp_path / "revoked")
    with pytest.raises(Blocked, match="Permission denied") as caught:
        open_by_ssh(Ssh(tmp_path / "revoked", ssh_server.known_hosts_file)).refresh()
    assert "ssh key" in caught.value.hint


def test_a_key_that_others_may_read_waits_for_a_person(
    member: Member, ssh_server: GitSshServer, open_by_ssh: Callable[[Ssh], Clone]
) -> None:
    ssh = Ssh(ssh_server.key_file, ssh_server.known_hosts_file)
    ssh_server.key_file.chmod(0o644)
    with pytest.raises(Blocked) as caught:
        open_by_ssh(ssh).refresh()
    assert "chmod 600" in caught.value.hint
    ssh_server.key_file.chmod(0o600)
    open_by_ssh(ssh).refresh()
