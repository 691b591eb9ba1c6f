"""What git takes for the name of a branch: https://git-scm.com/docs/git-check-ref-format."""

from __future__ import annotations

import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from dvc_sync_s3.settings.branches import branch_name

_PIECES = st.sampled_from(
    ["a", "main", ".", "..", "/", "-", "@", "{", "~", " ", ".lock", "HEAD", "refs/heads/", "é", "\\"]
)


def taken_by_git(name: str) -> bool:
    checked = subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True, check=False)
    return checked.returncode == 0


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, min_size=1, max_size=4).map("".join))
def test_a_name_that_we_take_is_one_that_git_takes(name: str) -> None:
    try:
        taken = branch_name(name)
    except ValueError:
        assert not taken_by_git(name) or name in {"HEAD", "@"} or "refs/" in name or name.startswith("@{")
    else:
        assert taken_by_git(taken)
