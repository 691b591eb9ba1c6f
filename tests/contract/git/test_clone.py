"""What the rest of the service may rely on of the clone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from os import environ
from pathlib import Path
from typing import Protocol

import pytest

from dvc_sync_s3.errors import Blocked, Rejected, Transient
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.failures import CloneBroken
from dvc_sync_s3.git.files import Sort
from dvc_sync_s3.git.trailers import format_trailers

POINTER = "data/data.json.dvc"
Open = Callable[..., Clone]


class Member(Protocol):
    """See conftest.py."""

    folder: Path

    def git(self, *arguments: str) -> str: ...
    def push(self, path: str, content: str, message: str = ...) -> str: ...


def message(seq: int, instance: str = "here") -> str:
    return f"annotations: 1 added\n\n{format_trailers(instance, seq)}"


def sync(clone: Clone, content: bytes, seq: int) -> str:
    clone.refresh()
    commit = clone.commit({POINTER: content}, message(seq))
    clone.push(commit)
    return commit


def test_refresh_reads_the_tip_of_the_servers_branch(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    tip = clone.refresh()
    assert (tip.commit, tip.made_from, tip.set_aside) == (member.git("rev-parse", "HEAD"), None, None)
    assert clone.read(POINTER) == b"outs: []\n"
    assert (clone.folder / ".dvc/config").read_bytes() == b"[core]\n"


def test_a_refresh_sees_what_others_pushed_and_deleted(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    member.git("rm", "--quiet", ".dvc/config")
    member.git("commit", "--quiet", "-m", "no config")
    commit = member.push(POINTER, "outs: [theirs]\n")
    assert clone.refresh().commit == commit
    assert clone.read(POINTER) == b"outs: [theirs]\n"
    assert clone.read(".dvc/config") is None
    assert not (clone.folder / ".dvc/config").exists()


def test_the_clone_holds_no_file_that_it_was_not_asked_for(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    files = {path.relative_to(clone.folder).as_posix() for path in clone.folder.rglob("*") if path.is_file()}
    assert {path for path in files if not path.startswith(".git/")} == {".dvc/config", POINTER}
    blob = member.git("rev-parse", "HEAD:src/train.py")
    assert not (clone.folder / ".git/objects" / blob[:2] / blob[2:]).exists()


def test_read_tells_absent_from_present_and_sorts_tells_what_is_there(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    assert clone.read("data/none.dvc") is None
    assert clone.read("data") is None
    asked = ("data", "src/train.py", "data/data.json")
    assert clone.sorts(asked) == dict(zip(asked, (Sort.FOLDER, Sort.FILE, None), strict=True))


def test_a_commit_changes_only_the_given_files(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    commit = clone.commit({POINTER: b"outs: [ours]\r\n", "data/.gitignore": b"/data.json\n"}, message(7))
    clone.push(commit)
    member.git("fetch", "--quiet", "origin")
    assert member.git("diff", "--name-status", "HEAD", commit).split("\n") == ["A\tdata/.gitignore", f"M\t{POINTER}"]
    assert member.git("cat-file", "-s", f"{commit}:{POINTER}") == "14"
    shown = member.git("log", "-1", "--format=%an <%ae>, %cn <%ce>: %s", commit)
    assert shown == "DVC Sync <sync@example.com>, DVC Sync <sync@example.com>: annotations: 1 added"


def test_a_pushed_commit_is_contained_once_the_server_says_so(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    commit = clone.commit({POINTER: b"ours"}, message(1))
    assert not clone.contains(commit)
    clone.push(commit)
    later = member.push("README", "words")
    assert clone.refresh().commit == later
    assert clone.contains(commit)


def test_our_own_push_needs_no_fetch(member: Member, open_clone: Open, server: Path) -> None:
    clone = open_clone()
    commit = sync(clone, b"ours", 1)
    before = sorted((clone.folder / ".git/objects").rglob("*"))
    assert clone.refresh().commit == commit
    assert sorted((clone.folder / ".git/objects").rglob("*")) == before


def test_a_push_onto_a_moved_branch_is_rejected_and_works_when_planned_again(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    commit = clone.commit({POINTER: b"ours"}, message(1))
    member.push("README", "words")
    with pytest.raises(Rejected):
        clone.push(commit)
    again = sync(clone, b"ours", 1)
    assert clone.refresh().commit == again
    assert clone.read("README") == b"words"


def test_a_hooks_refusal_needs_a_person_who_reads_its_words(member: Member, open_clone: Open, server: Path) -> None:
    hook = server / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho tickets only >&2\nexit 1\n")
    hook.chmod(0o755)
    clone = open_clone()
    with pytest.raises(Blocked, match="tickets only") as caught:
        sync(clone, b"ours", 1)
    assert caught.value.hint


@pytest.mark.parametrize("misspelt", ["mian", "Main", "origin/main"])
def test_a_branch_whose_name_is_nearly_that_of_another_is_not_made(
    member: Member, open_clone: Open, misspelt: str
) -> None:
    clone = open_clone(misspelt)
    with pytest.raises(Blocked, match=f"no branch {misspelt}: is main meant") as caught:
        clone.refresh()
    assert f"git push origin origin/main:refs/heads/{misspelt}" in caught.value.hint
    member.git("push", "--quiet", "origin", f"HEAD:refs/heads/{misspelt}")
    assert clone.refresh().made_from is None


def test_a_missing_branch_starts_from_the_default_branch_and_our_push_creates_it(
    member: Member, open_clone: Open
) -> None:
    clone = open_clone("annotations")
    tip = clone.refresh()
    assert (tip.commit, tip.made_from) == (member.git("rev-parse", "HEAD"), "main")
    commit = sync(clone, b"ours", 1)
    tip = clone.refresh()
    assert (tip.commit, tip.made_from) == (commit, None)


def test_an_empty_repository_needs_a_person(server: Path, open_clone: Open) -> None:
    with pytest.raises(Blocked, match="no branch main") as caught:
        open_clone().refresh()
    assert "dvc init" in caught.value.hint


def test_a_repository_that_is_not_there_needs_a_person(tmp_path: Path, open_clone: Open) -> None:
    with pytest.raises(Blocked) as caught:
        open_clone(url=(tmp_path / "nowhere.git").as_uri()).refresh()
    assert "GIT_REPO" in caught.value.hint


def test_a_server_that_does_not_answer_is_tried_again(open_clone: Open) -> None:
    with pytest.raises(Transient):
        open_clone(url="http://127.0.0.1:9/team.git").refresh()


def test_another_url_gets_another_clone(member: Member, open_clone: Open, tmp_path: Path) -> None:
    open_clone().refresh()
    shutil.copytree(tmp_path / "team.git", tmp_path / "moved.git")
    commit = member.push(POINTER, "only in the first")
    clone = open_clone(url=(tmp_path / "moved.git").as_uri())
    assert clone.refresh().commit != commit
    assert clone.read(POINTER) == b"outs: []\n"


def test_a_folder_that_is_not_ours_is_set_aside_whole(member: Member, open_clone: Open, tmp_path: Path) -> None:
    for name in ("clone", "clone.aside-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.txt").write_text(name)
    tip = open_clone().refresh()
    assert tip.set_aside == tmp_path / "clone.aside-2"
    assert (tip.set_aside / "thesis.txt").read_text() == "clone"
    assert (tmp_path / "clone.aside-1/thesis.txt").read_text() == "clone.aside-1"


def test_locks_of_a_killed_git_do_not_stop_us(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    for lock in ("dvc-sync-index.lock", "shallow.lock", "refs/dvc-sync/tip.lock", "config.lock", "packed-refs.lock"):
        (clone.folder / ".git" / lock).touch()
    member.push("README", "words")
    commit = sync(clone, b"ours", 1)
    assert clone.refresh().commit == commit


@pytest.mark.parametrize(
    "victim", ["objects", "refs/dvc-sync/tip", "HEAD", "config", "shallow", "packs", "dvc-sync-clone"]
)
def test_a_clone_emptied_by_a_power_cut_is_built_again(member: Member, open_clone: Open, victim: str) -> None:
    clone = open_clone()
    sync(clone, b"ours", 4)
    clone.refresh()
    git_folder = clone.folder / ".git"
    pattern = {"objects": "objects/??/*", "packs": "objects/pack/*"}.get(victim, victim)
    emptied = list(git_folder.glob(pattern))
    assert emptied
    for file in emptied:
        file.chmod(0o600)
        file.write_bytes(b"")
    expected = member.push("README", "words")
    clone = open_clone()
    for _ in range(2):  # damage may show only while building a commit: the next cycle has a new clone
        try:
            assert clone.refresh().commit == expected
            assert clone.position("here") == 4
            sync(clone, b"ours again", 5)
            break
        except CloneBroken:
            continue
    assert clone.position("here") == 4
    clone.refresh()
    assert clone.position("here") == 5
    assert clone.read(POINTER) == b"ours again"


def test_our_commit_lost_in_a_power_cut_is_not_contained(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    commit = clone.commit({POINTER: b"ours"}, message(1))
    shutil.rmtree(clone.folder / ".git")
    clone = open_clone()
    clone.refresh()
    assert not clone.contains(commit)
    assert clone.position("here") is None


def test_the_position_is_found_below_the_commits_of_others(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    sync(clone, b"ours", 41)
    member.git("pull", "--quiet", "origin", "main")
    for number in range(60):
        member.git("commit", "--quiet", "--allow-empty", "-m", f"work {number}")
    member.git("push", "--quiet", "origin", "HEAD")
    shutil.rmtree(clone.folder)
    fresh = open_clone()
    fresh.refresh()
    assert fresh.position("here") == 41
    assert fresh.position("elsewhere") is None
    sync(fresh, b"ours again", 42)
    fresh.refresh()
    assert fresh.position("here") == 42


def test_the_position_is_found_in_a_merges_second_parent(member: Member, open_clone: Open) -> None:
    clone = open_clone("annotations")
    sync(clone, b"ours", 3)
    member.push("README", "words")
    member.git("fetch", "--quiet", "origin")
    member.git("merge", "--quiet", "-m", "take the annotations", "origin/annotations")
    member.git("push", "--quiet", "origin", "HEAD:main")
    main = open_clone("main")
    main.refresh()
    assert main.position("here") == 3


def test_a_squash_of_several_of_our_commits_counts_the_last(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    body = f"squashed (#12)\n\n* annotations\n\n{message(8)}\n* annotations\n\n{message(9)}\n{message(90, 'there')}"
    member.push(POINTER, "squashed", body)
    clone.refresh()
    assert clone.position("here") == 9


def test_a_rewritten_branch_is_followed(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    sync(clone, b"ours", 1)
    clone.refresh()
    member.git("commit", "--quiet", "--amend", "-m", "another start")
    member.git("push", "--quiet", "--force", "origin", "HEAD")
    assert clone.refresh().commit == member.git("rev-parse", "HEAD")
    assert clone.position("here") is None


def test_a_personal_gitconfig_does_not_change_what_we_commit(member: Member, open_clone: Open, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-push").chmod(0o755)
    personal = tmp_path / "gitconfig"
    personal.write_text(f"[core]\nautocrlf = true\nhooksPath = {hooks}\n[push]\ngpgSign = true\n")
    clone = open_clone(environ={"PATH": environ["PATH"], "GIT_CONFIG_GLOBAL": str(personal)})
    commit = sync(clone, b"a\r\nb\n", 1)
    assert clone.refresh().commit == commit
    assert clone.read(POINTER) == b"a\r\nb\n"


def test_a_commit_can_remove_files(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    clone.push(clone.commit({POINTER: None, "new.dvc": b"outs: []\n", "never there": None}, message(1)))
    clone.refresh()
    assert (clone.read(POINTER), clone.read("new.dvc")) == (None, b"outs: []\n")


PATHS = ["data/with space.dvc", 'data/"quoted".dvc', "data/two\nlines.dvc", "data/Büro\\ü.dvc"]


@pytest.mark.parametrize("path", PATHS)
def test_a_commit_may_name_any_path(member: Member, open_clone: Open, path: str) -> None:
    clone = open_clone()
    clone.refresh()
    commit = clone.commit({path: b"ours"}, message(1))
    clone.push(commit)
    member.git("fetch", "--quiet", "origin")
    assert member.git("diff", "--name-only", "-z", "HEAD", commit).split("\0")[0] == path
    assert member.git("cat-file", "blob", f"{commit}:{path}") == "ours"


def test_the_position_after_our_pushes_is_what_a_restart_finds(member: Member, open_clone: Open) -> None:
    clone = open_clone()
    clone.refresh()
    assert clone.position("here") is None
    for seq in (7, 9):
        sync(clone, b"outs: [%d]" % seq, seq)
        clone.refresh()
        assert (clone.position("here"), clone.position("there")) == (seq, None)
    restarted = open_clone()
    restarted.refresh()
    assert (restarted.position("here"), restarted.position("there")) == (9, None)
