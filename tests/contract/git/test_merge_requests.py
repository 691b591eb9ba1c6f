"""A side branch that is merged, squashed, left open, overtaken or thrown away; all on real Git."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked, Rejected
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author, HostKind, Proposing, Repository
from dvc_sync_s3.git.trailers import format_trailers
from tests.contract.git.conftest import ENVIRON, PATHS, Member

POINTER = "data/data.json.dvc"
SIDE = "dvc-sync/main"


@pytest.fixture
def clone(tmp_path: Path, server: Path) -> Clone:
    proposing = Proposing(SIDE, HostKind.GITEA, "http://127.0.0.1:9")
    repository = Repository(server.as_uri(), "main", Author("DVC Sync", "sync@example.com"), proposing=proposing)
    return Clone(tmp_path / "clone", repository, PATHS, environ=ENVIRON)


def sync(clone: Clone, content: bytes, seq: int) -> str:
    clone.refresh()
    commit = clone.commit({POINTER: content}, f"annotations: 1 added\n\n{format_trailers('here', seq)}")
    clone.push(commit)
    return commit


def parent(member: Member, commit: str) -> str:
    member.git("fetch", "--quiet", "--prune", "origin")
    return member.git("rev-parse", f"{commit}^")


def merge(member: Member, *how: str, message: str = "take the annotations") -> str:
    member.git("fetch", "--quiet", "origin")
    member.git("checkout", "--quiet", "-B", "main", "origin/main")
    member.git("merge", "--quiet", *how, f"origin/{SIDE}")
    if "--squash" in how:
        member.git("commit", "--quiet", "-m", message)
    member.git("push", "--quiet", "origin", "main")
    return member.git("rev-parse", "HEAD")


def test_the_target_is_never_pushed_to(member: Member, clone: Clone) -> None:
    target = member.git("rev-parse", "HEAD")
    assert clone.refresh() == replace(clone.refresh(), commit=target, awaits_merge=False)
    commit = sync(clone, b"ours", 1)
    tip = clone.refresh()
    assert (tip.commit, tip.awaits_merge) == (commit, True)
    assert parent(member, commit) == target
    assert member.git("rev-parse", "origin/main") == target


def test_an_open_request_grows(member: Member, clone: Clone) -> None:
    first = sync(clone, b"ours", 1)
    assert parent(member, sync(clone, b"ours again", 2)) == first
    assert clone.refresh().awaits_merge
    assert clone.position("here") == 2


def test_work_on_the_target_elsewhere_leaves_an_open_request_alone(member: Member, clone: Clone) -> None:
    first = sync(clone, b"ours", 1)
    member.push("src/train.py", "print(1)\n")
    assert parent(member, sync(clone, b"ours again", 2)) == first


@pytest.mark.parametrize("how", [("--no-ff", "--no-edit"), ("--ff-only",)], ids=["merge commit", "fast-forward"])
def test_after_a_merge_the_next_request_begins(member: Member, clone: Clone, how: tuple[str, ...]) -> None:
    sync(clone, b"ours", 1)
    merged = merge(member, *how)
    tip = clone.refresh()
    assert (tip.commit, tip.awaits_merge) == (merged, False)
    assert clone.position("here") == 1
    assert parent(member, sync(clone, b"ours again", 2)) == merged
    assert clone.refresh().awaits_merge


def test_after_a_squash_the_next_request_begins(member: Member, clone: Clone) -> None:
    sync(clone, b"ours", 1)
    sync(clone, b"ours again", 2)
    merge(member, "--squash", message=f"annotations (#1)\n\n{format_trailers('here', 2)}")
    merged = member.push("src/train.py", "print(1)\n")
    tip = clone.refresh()
    assert (tip.commit, tip.awaits_merge) == (merged, False)
    assert clone.position("here") == 2
    assert parent(member, sync(clone, b"more", 3)) == merged


def test_a_merged_branch_that_the_host_deleted_is_made_again(member: Member, clone: Clone) -> None:
    sync(clone, b"ours", 1)
    merged = merge(member, "--ff-only")
    member.git("push", "--quiet", "origin", f":{SIDE}")
    assert clone.refresh().commit == merged
    assert parent(member, sync(clone, b"ours again", 2)) == merged


def test_a_branch_deleted_without_a_merge_sets_the_position_back(member: Member, clone: Clone) -> None:
    sync(clone, b"ours", 1)
    member.git("push", "--quiet", "origin", f":{SIDE}")
    assert clone.refresh().commit == member.git("rev-parse", "main")
    assert clone.position("here") is None


def test_a_target_that_changed_the_dataset_too_is_built_upon_anew(member: Member, clone: Clone) -> None:
    sync(clone, b"ours", 1)
    theirs = member.push(POINTER, "theirs")
    tip = clone.refresh()
    assert (tip.commit, tip.awaits_merge) == (theirs, False)
    assert clone.position("here") is None  # so everything is merged again, into the dataset as the target has it
    assert parent(member, sync(clone, b"both", 1)) == theirs


def push_to_side(member: Member, path: str, content: str) -> str:
    member.git("fetch", "--quiet", "origin")
    member.git("checkout", "--quiet", "-B", "review", f"origin/{SIDE}")
    (member.folder / path).write_text(content)
    member.git("commit", "--quiet", "-am", "a correction")
    member.git("push", "--quiet", "origin", f"review:{SIDE}")
    commit = member.git("rev-parse", "HEAD")
    member.git("checkout", "--quiet", "main")
    return commit


def test_a_reviewers_commit_is_built_upon(member: Member, clone: Clone) -> None:
    sync(clone, b"ours", 1)
    review = push_to_side(member, POINTER, "corrected")
    assert parent(member, sync(clone, b"ours again", 2)) == review


def test_a_reviewers_commit_is_never_replaced(member: Member, clone: Clone) -> None:
    sync(clone, b"ours", 1)
    review = push_to_side(member, POINTER, "corrected")
    member.push(POINTER, "theirs")
    with pytest.raises(Blocked, match=POINTER) as caught:
        clone.refresh()
    assert "Merge the target" in caught.value.hint
    member.git("fetch", "--quiet", "origin")
    assert member.git("rev-parse", f"origin/{SIDE}") == review
    member.git("checkout", "--quiet", "-B", "review", f"origin/{SIDE}")
    member.git("merge", "--quiet", "--no-edit", "-X", "ours", "origin/main")
    member.git("push", "--quiet", "origin", f"review:{SIDE}")
    assert clone.refresh().commit == member.git("rev-parse", "HEAD")


def test_a_push_onto_a_side_branch_that_moved_is_rejected(member: Member, clone: Clone) -> None:
    sync(clone, b"ours", 1)
    clone.refresh()
    commit = clone.commit({POINTER: b"ours again"}, "annotations: 1 added")
    push_to_side(member, POINTER, "corrected")
    with pytest.raises(Rejected):
        clone.push(commit)


def test_what_became_of_the_request_is_found_by_a_new_clone(
    member: Member, clone: Clone, tmp_path: Path, server: Path, open_clone: Callable[..., Clone]
) -> None:
    for number in range(60):
        member.git("commit", "--quiet", "--allow-empty", "-m", f"work {number}")
    member.git("push", "--quiet", "origin", "HEAD")
    commit = sync(clone, b"ours", 1)
    for number in range(60):
        member.git("commit", "--quiet", "--allow-empty", "-m", f"more work {number}")
    member.git("push", "--quiet", "origin", "HEAD")
    (clone.folder / ".git/dvc-sync-clone").write_text("")
    tip = clone.refresh()
    assert (tip.commit, tip.awaits_merge) == (commit, True)
    merged = merge(member, "--no-ff", "--no-edit")
    (clone.folder / ".git/dvc-sync-clone").write_text("")
    assert clone.refresh().commit == merged


def test_a_target_that_is_not_there_needs_a_person(member: Member, clone: Clone) -> None:
    member.git("push", "--quiet", "origin", "HEAD:develop")
    server = Path(member.git("config", "remote.origin.url").removeprefix("file://"))
    (server / "HEAD").write_text("ref: refs/heads/develop\n")
    member.git("push", "--quiet", "origin", ":main")
    with pytest.raises(Blocked) as caught:
        clone.refresh()
    assert "GIT_BRANCH" in caught.value.hint
