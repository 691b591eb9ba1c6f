"""What we believe of settings that git takes from its environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dvc_sync_s3.git.command import git_environment
from dvc_sync_s3.git.model import Author, Repository

_HOOK = "#!/bin/sh\ngit config --get-regexp '^core\\.(fsync|hookspath)$' > told\n:\n"


def test_a_server_in_a_folder_is_told_none_of_our_settings(tmp_path: Path) -> None:
    server, ours = tmp_path / "server.git", tmp_path / "ours"
    ours.mkdir()
    repository = Repository(str(server), "main", Author("A", "a@example.com"))
    environ = git_environment(os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}, repository)

    def git(*arguments: str) -> str:
        done = subprocess.run(("git", *arguments), cwd=ours, env=environ, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet", "--bare", str(server))
    git("init", "--quiet")
    hook = server / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_HOOK, encoding="utf-8")
    hook.chmod(0o755)
    assert git("config", "--get", "core.fsync") == "none"
    git("commit", "--quiet", "--allow-empty", "-m", "work")
    git("push", "--quiet", "origin", "HEAD:refs/heads/main")
    assert (server / "told").read_text(encoding="utf-8") == ""
