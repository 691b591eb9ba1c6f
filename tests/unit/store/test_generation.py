"""Whether anything was committed: every process sees the same number, and none trusts it too early."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dvc_sync_s3.store.generation import Generation

DIE_IN_THE_MIDDLE = """
import os, sys
from pathlib import Path
from dvc_sync_s3.store.generation import Generation
with Generation(Path(sys.argv[1])).committing():
    os._exit(1)
"""


def test_a_commit_makes_the_number_another_for_everyone(tmp_path: Path) -> None:
    ours, theirs = Generation(tmp_path / "generation"), Generation(tmp_path / "generation")
    before = ours.settled()
    with theirs.committing():
        assert ours.settled() is None
    assert before is not None
    assert ours.settled() not in {None, before}
    assert ours.settled() == theirs.settled()


def test_a_commit_that_fails_makes_it_another_too(tmp_path: Path) -> None:
    generation = Generation(tmp_path / "generation")
    before = generation.settled()

    def fail() -> None:
        with generation.committing():
            raise ValueError("no")

    with pytest.raises(ValueError, match=r"^no$"):
        fail()
    assert generation.settled() not in {None, before}


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    first = Generation(tmp_path / "generation")
    with first.committing():
        pass
    seen = first.settled()
    first.close()
    assert Generation(tmp_path / "generation").settled() == seen


def test_nobody_trusts_what_a_process_left_that_died_in_a_commit_until_the_next_one(tmp_path: Path) -> None:
    generation = Generation(tmp_path / "generation")
    before = generation.settled()
    subprocess.run((sys.executable, "-c", DIE_IN_THE_MIDDLE, str(tmp_path / "generation")), check=False)
    assert generation.settled() is None
    with generation.committing():
        pass
    assert generation.settled() not in {None, before}
