"""A Git server that takes connections and never answers, and a git that can't do the work."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.git import clone as clones
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author, Repository


def clone_of(folder: Path, url: str, environ: Mapping[str, str] = os.environ) -> Clone:
    return Clone(folder / "clone", Repository(url, "main", Author("Bot", "bot@example.com")), (), environ=environ)


def test_silence_is_told_within_the_first_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert clones._FIRST_ANSWER_S <= 10
    monkeypatch.setattr(clones, "_FIRST_ANSWER_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        clone = clone_of(tmp_path, f"http://127.0.0.1:{listener.getsockname()[1]}/team.git")
        with pytest.raises(Transient, match="did not finish in 1 s") as caught:
            clone.refresh()
    assert "says nothing" in caught.value.hint


def git_that(folder: Path, *lines: str, mode: int = 0o755) -> Mapping[str, str]:
    program = folder / "bin" / "git"
    program.parent.mkdir()
    program.write_text("\n".join(("#!/bin/sh", *lines)), encoding="utf-8")
    program.chmod(mode)
    return {**os.environ, "PATH": str(program.parent)}


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_a_git_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = git_that(tmp_path, "echo git version 2.25.1")
    monkeypatch.setenv("PATH", environ["PATH"])
    with pytest.raises(Blocked, match=r"git 2\.25 is too old") as caught:
        clone_of(tmp_path, str(tmp_path), environ).refresh()
    assert "2.31" in caught.value.hint


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_a_git_that_cannot_be_run_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = git_that(tmp_path, mode=0o644)
    monkeypatch.setenv("PATH", environ["PATH"])
    with pytest.raises(Blocked, match="git is not installed"):
        clone_of(tmp_path, str(tmp_path), environ).refresh()
