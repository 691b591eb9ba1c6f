"""Nothing that the repository brings runs in our clone, and what it keeps in other tools stays as it is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dvc_sync_s3.git.clone import Clone
from tests.contract.git.conftest import ENVIRON, Member

POINTER = "data/data.json.dvc"
LFS_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 12\n"


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a trace when it runs."""
    program = tmp_path / "trap"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\nexec cat\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def armed(member: Member, trap: Path, tmp_path: Path) -> dict[str, str]:
    """A repository full of what could run; returns an environment whose Git is set up to let it."""
    files = {
        ".gitattributes": "* filter=trap diff=trap merge=trap text eol=crlf\n*.bin filter=lfs -text\n",
        ".githooks/pre-commit": trap.read_text(),
        ".githooks/pre-push": trap.read_text(),
        ".githooks/post-checkout": trap.read_text(),
        ".githooks/reference-transaction": trap.read_text(),
        ".gitconfig": f"[core]\nfsmonitor = {trap}\nhooksPath = .githooks\n",
        ".lfsconfig": "[lfs]\nurl = https://lfs.example.com\n",
        ".gitmodules": '[submodule "models"]\npath = models\nurl = ../models.git\nupdate = !false\n',
        "weights.bin": LFS_POINTER,
    }
    for path, content in files.items():
        (member.folder / path).parent.mkdir(exist_ok=True)
        (member.folder / path).write_text(content)
        (member.folder / path).chmod(0o755 if "hooks/" in path else 0o644)
    # Written as objects, so that the member's own Git needs no LFS and no filter.
    for path in files:
        blob = member.git("hash-object", "-w", "--no-filters", path)
        mode = "100755" if "hooks/" in path else "100644"
        member.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
    member.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},models")
    target = member.git("rev-parse", "HEAD:src/train.py")
    member.git("update-index", "--add", "--cacheinfo", f"120000,{target},latest")
    member.git("commit", "--quiet", "-m", "everything a repository can bring")
    member.git("push", "--quiet", "origin", "HEAD")
    personal = tmp_path / "gitconfig"
    drivers = [f'[filter "{name}"]\nclean = {trap}\nsmudge = {trap}\nrequired = true\n' for name in ("trap", "lfs")]
    personal.write_text(
        "".join(drivers) + f'[diff "trap"]\ncommand = {trap}\ntextconv = {trap}\n[merge "trap"]\ndriver = {trap}\n'
        "[submodule]\nrecurse = true\n[core]\nautocrlf = true\nhooksPath = .githooks\n"
    )
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": str(personal)}


def test_no_hook_filter_or_driver_runs(
    member: Member, armed: dict[str, str], open_clone: Callable[..., Clone], trap: Path
) -> None:
    clone = open_clone(environ=armed)
    for seq, content in enumerate((b"ours\r\n", b"ours again\n")):
        clone.refresh()
        clone.push(clone.commit({POINTER: content}, f"annotations: {seq}"))
        assert clone.read(".gitattributes")
        clone.refresh()
        assert clone.read(POINTER) == content
    assert not (trap.parent / "sprung").exists()


def test_submodules_lfs_symlinks_and_modes_are_left_alone(
    member: Member, armed: dict[str, str], open_clone: Callable[..., Clone], server: Path
) -> None:
    def tree() -> list[str]:
        command = ["git", "-C", str(server), "ls-tree", "-r", "main"]
        listing = subprocess.run(command, env=ENVIRON, check=True, capture_output=True, text=True).stdout
        return [line for line in listing.splitlines() if POINTER not in line]

    before = tree()
    clone = open_clone(environ=armed)
    clone.refresh()
    clone.push(clone.commit({POINTER: b"ours"}, "annotations: 1 added"))
    assert tree() == before
    assert any(line.startswith("160000 commit") and line.endswith("models") for line in before)
    assert any(line.startswith("120000 blob") and line.endswith("latest") for line in before)
    folder_entries = sorted(path.name for path in clone.folder.iterdir())
    assert folder_entries == [".dvc", ".git", "data"]
