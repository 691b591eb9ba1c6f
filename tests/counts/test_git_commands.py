"""How many processes of git a cycle starts, and what it creates in the clone: each takes time, whatever it does.

Every bound is what a cycle does now. Who makes it do less lowers the bound.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.counts.conftest import CountedSync

ONE_CHANGE = Counter({"ls-remote": 2, "fast-import": 1, "push": 1})
NOTHING_NEW = Counter({"ls-remote": 1})


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that gets the name of each git command that is started from now on."""
    log, program = tmp_path / "log", tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$1" >> "{log}"\nexec "{shutil.which("git")}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return log


def _started(log: Path) -> Counter[str]:
    """Return what the clone started, but for the server's side and the housekeeping of every twentieth commit."""
    return Counter(name for name in log.read_text(encoding="utf-8").split() if name not in {"http-backend", "gc"})


def test_one_change_starts_four(sync: CountedSync, commands: Path) -> None:
    sync.save(60, label="before")
    sync.sync()
    commands.unlink()
    sync.save(60, label="counted")
    sync.sync()
    assert _started(commands) <= ONE_CHANGE


def test_nothing_new_starts_one(sync: CountedSync, commands: Path) -> None:
    sync.sync(is_committed=False)
    assert _started(commands) <= NOTHING_NEW


def test_a_commit_in_a_young_clone_makes_no_folder(sync: CountedSync) -> None:
    sync.save(60, label="before")
    sync.sync()
    before = _folders(sync.clone)
    sync.save(60, label="counted")
    sync.sync()
    assert _folders(sync.clone) == before


def _folders(clone: Path) -> list[Path]:
    return sorted(path for path in (clone / ".git").rglob("*") if path.is_dir())
