"""A repository whose ids are SHA-256's is worked on as any other: https://git-scm.com/docs/hash-function-transition."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from dvc_sync_s3.errors import Blocked, Rejected
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author, Credentials, HostKind, Proposing, Repository
from dvc_sync_s3.git.trailers import format_trailers
from tests.e2e.servers.git_server import USER, serve_git

POINTER = "data/data.json.dvc"
SHA256_DIGITS = 64
Open = Callable[..., Clone]

pytestmark = pytest.mark.parametrize("object_format", ["sha256"])


class Member(Protocol):
    """See conftest.py."""

    folder: Path

    def git(self, *arguments: str) -> str: ...
    def push(self, path: str, content: str, message: str = ...) -> str: ...


def sync(clone: Clone, content: bytes, seq: int) -> str:
    """Push a commit and return its id."""
    clone.refresh()
    commit = clone.commit({POINTER: content}, f"annotations: 1 added\n\n{format_trailers('here', seq)}")
    clone.push(commit)
    return commit


def test_what_is_pushed_is_on_the_branch_and_read_back(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    commits = [sync(clone, b"one\n", 1), sync(clone, b"two\n", 2)]
    assert {len(commit) for commit in commits} == {SHA256_DIGITS}
    assert clone.refresh().commit == commits[-1]
    assert (clone.read(POINTER), clone.position("here"), clone.contains(commits[0])) == (b"two\n", 2, True)
    assert (clone.folder / POINTER).read_bytes() == b"two\n"
    member.git("pull", "--quiet", "origin", "main")
    assert (member.folder / POINTER).read_bytes() == b"two\n"
    assert member.git("fsck", "--strict") == ""


def test_a_restarted_service_goes_on_from_a_branch_that_others_pushed_to(member: Member, open_clone: Open) -> None:
    sync(open_clone(), b"one\n", 1)
    member.git("pull", "--quiet", "origin", "main")
    theirs = member.push("src/train.py", "print(2)\n")
    clone = open_clone()
    assert (clone.refresh().commit, clone.position("here")) == (theirs, 1)
    commit = sync(clone, b"two\n", 2)
    assert (clone.refresh().commit, clone.position("here")) == (commit, 2)


def test_a_file_that_did_not_change_is_not_written_out_again(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    before = (clone.folder / POINTER).stat().st_mtime_ns
    member.push("src/train.py", "print(2)\n")
    clone.refresh()
    assert (clone.folder / POINTER).stat().st_mtime_ns == before


def test_a_push_after_somebody_elses_is_rejected(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    member.push("src/train.py", "print(2)\n")
    commit = clone.commit({POINTER: b"one\n"}, "annotations: 1 added")
    with pytest.raises(Rejected):
        clone.push(commit)
    sync(clone, b"two\n", 2)


def test_a_clone_that_is_damaged_is_built_again(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    sync(clone, b"one\n", 1)
    for path in (clone.folder / ".git/objects").glob("??/*"):
        path.chmod(0o600)
        path.write_bytes(b"")
    again = open_clone()
    assert again.refresh().commit == clone.refresh().commit
    assert again.read(POINTER) == b"one\n"


def test_a_repository_that_was_made_again_with_other_ids_is_cloned_again(
    member: Member, server: Path, open_clone: Open
) -> None:
    clone = open_clone()
    clone.refresh()
    shutil.rmtree(server)
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(server)], check=True)
    shutil.rmtree(member.folder / ".git")
    member.git("init", "--quiet", "-b", "main")
    member.git("add", ".")
    member.git("commit", "--quiet", "-m", "start with SHA-1")
    member.git("push", "--quiet", str(server), "main")
    assert clone.refresh().commit == member.git("rev-parse", "HEAD")
    assert len(sync(clone, b"one\n", 1)) < SHA256_DIGITS


@pytest.mark.usefixtures("member")
def test_an_empty_branch_is_made_from_the_default_one(server: Path, open_clone: Open) -> None:
    clone = open_clone(branch="labels")
    assert clone.refresh().made_from == "main"
    clone.push(clone.commit({POINTER: b"one\n"}, "annotations: 1 added"))
    assert clone.refresh().made_from is None


def test_an_empty_repository_needs_a_person(server: Path, open_clone: Open) -> None:
    with pytest.raises(Blocked, match="no default branch"):
        open_clone().refresh()


def test_commits_go_to_a_side_branch_until_it_is_merged(tmp_path: Path, member: Member, server: Path) -> None:
    proposing = Proposing("dvc-sync/main", HostKind.GITHUB, "http://localhost/unused")
    repository = Repository(server.as_uri(), "main", Author("DVC Sync", "sync@example.com"), proposing=proposing)
    clone = Clone(tmp_path / "clone", repository, (POINTER,))
    first = sync(clone, b"one\n", 1)
    assert clone.refresh().awaits_merge
    member.push("src/train.py", "print(2)\n")
    assert clone.refresh().commit == first
    member.git("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "dvc-sync/main")
    member.git("push", "--quiet", "origin", "HEAD")
    assert not clone.refresh().awaits_merge


@pytest.fixture
def repository_over_http(tmp_path: Path, object_format: str) -> Iterator[Repository]:
    """A repository with one commit, on a server that speaks HTTP."""
    (tmp_path / "served").mkdir()
    bare, work = tmp_path / "served/team.git", tmp_path / "work"
    for made in ([*_INIT, "--bare", str(bare)], [*_INIT, str(work)]):
        subprocess.run([*made, f"--object-format={object_format}"], check=True)
    (work / "code.py").write_text("print()\n")
    names = ("-c", "user.name=ann", "-c", "user.email=ann@example.com")
    for command in (("add", "."), (*names, "commit", "-qm", "start"), ("push", "-q", str(bare), "main")):
        subprocess.run(["git", "-C", str(work), *command], check=True)
    with serve_git(tmp_path / "served") as git:
        credentials = Credentials(USER, git.token)
        yield Repository(git.repository_url("team.git"), "main", Author("DVC Sync", "sync@example.com"), credentials)


def test_a_server_that_is_reached_by_http_takes_what_is_pushed(
    tmp_path: Path, repository_over_http: Repository
) -> None:
    clone = Clone(tmp_path / "clone", repository_over_http, (POINTER,))
    commit = sync(clone, b"one\n", 1)
    assert (clone.refresh().commit, clone.position("here")) == (commit, 1)
    assert len(commit) == SHA256_DIGITS


_INIT = ["git", "init", "--quiet", "-b", "main"]
