"""A team's server and a member of the team, both real Git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author, MessageRules, Repository, Signing, Ssh

ENVIRON = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
NO_SSH, NO_SIGNING, NO_RULES = Ssh(), Signing(), MessageRules()
PATHS = (".dvc/config", "data/data.json.dvc", "data/.gitignore")


@dataclass(frozen=True, slots=True)
class Member:
    """Someone of the team with an ordinary clone."""

    folder: Path

    def git(self, *arguments: str) -> str:
        names = {
            f"GIT_{role}_{field}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=ENVIRON | names, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def push(self, path: str, content: str, message: str = "a change of ours") -> str:
        """Commit `content` at `path` on top of the server's branch and push it."""
        self.git("pull", "--quiet", "--rebase", "origin", "HEAD")
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(content)
        self.git("add", "--force", path)
        self.git("commit", "--quiet", "-m", message)
        self.git("push", "--quiet", "origin", "HEAD")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def object_format() -> str:
    """The hash of the team's ids; a test gives another one by `parametrize`."""
    return "sha1"


@pytest.fixture
def server(tmp_path: Path, object_format: str) -> Path:
    """An empty bare repository."""
    folder = tmp_path / "team.git"
    subprocess.run(
        ["git", "init", "--quiet", "--bare", f"--object-format={object_format}", "-b", "main", str(folder)],
        env=ENVIRON,
        check=True,
    )
    subprocess.run(["git", "-C", str(folder), "config", "uploadpack.allowFilter", "true"], env=ENVIRON, check=True)
    return folder


@pytest.fixture
def member(tmp_path: Path, server: Path, object_format: str) -> Member:
    """A member whose first commit holds a pointer, a DVC config and some code."""
    folder = tmp_path / "member"
    made = ["git", "init", "--quiet", f"--object-format={object_format}", "-b", "main", str(folder)]
    subprocess.run(made, env=ENVIRON, check=True)  # a clone of an empty repository doesn't learn the format
    member = Member(folder)
    member.git("remote", "add", "origin", server.as_uri())
    files = {".dvc/config": "[core]\n", "data/data.json.dvc": "outs: []\n", "src/train.py": "print()\n"}
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    member.git("add", ".")
    member.git("commit", "--quiet", "-m", "start")
    member.git("push", "--quiet", "origin", "HEAD")
    return member


@pytest.fixture
def open_clone(tmp_path: Path, server: Path) -> Callable[..., Clone]:
    """Return a function that opens our clone: each call is a restart of the service."""

    def open_(
        branch: str = "main",
        url: str = "",
        environ: dict[str, str] = ENVIRON,
        committer: Author | None = None,
        ssh: Ssh = NO_SSH,
        signing: Signing = NO_SIGNING,
        mailmap: Path | None = None,
        message_rules: MessageRules = NO_RULES,
    ) -> Clone:
        repository = Repository(
            url or server.as_uri(),
            branch,
            Author("DVC Sync", "sync@example.com"),
            committer=committer,
            ssh=ssh,
            signing=signing,
            mailmap=mailmap,
            message_rules=message_rules,
        )
        return Clone(tmp_path / "clone", repository, PATHS, environ=environ)

    return open_
