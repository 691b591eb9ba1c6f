"""What we believe of git's shallow, filtered clones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ENVIRON = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull} | {
    f"GIT_{role}_{field}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, env=ENVIRON, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_unshallow_with_a_tree_filter_brings_all_commits_and_no_old_trees(tmp_path: Path) -> None:
    team, ours = tmp_path / "team", tmp_path / "ours"
    for folder in (team, ours):
        folder.mkdir()
        git(folder, "init", "--quiet", "-b", "main")
    git(team, "config", "uploadpack.allowFilter", "true")
    for number in range(3):
        (team / "file").write_text(str(number))
        git(team, "add", ".")
        git(team, "commit", "--quiet", "-m", f"work {number}")
    git(ours, "remote", "add", "origin", team.as_uri())
    git(ours, "fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", "+refs/heads/main:refs/tip")
    assert git(ours, "rev-list", "--count", "refs/tip") == "1"
    tip = git(ours, "rev-parse", "refs/tip")
    git(ours, "fetch", "--quiet", "--filter=tree:0", "--unshallow", "origin", tip)
    assert git(ours, "rev-list", "--count", "refs/tip") == "3"
    assert not (ours / ".git/shallow").exists()
    missing = git(ours, "rev-list", "--objects", "--missing=print", "refs/tip").split("\n")
    assert sum(line.startswith("?") for line in missing) == 3  # two older trees, the tip's blob
