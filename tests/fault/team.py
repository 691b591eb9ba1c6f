"""The team's side, as the server has it: a bare repository, a DVC remote in a folder, and a member who pushes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dvc_sync_s3.dataset.model import JsonValue
from tests.e2e.servers.annotations import choice

BRANCH = "main"
DATASET = "data/data.json"
_POINTER = f"{DATASET}.dvc"
_TRAILERS = re.compile(r"^Dvc-Sync-Instance: (\S+)\nDvc-Sync-Seq: (\d+)$", re.MULTILINE)
# Relative to .dvc, so that the folder that holds it all can be copied; the service's settings name the whole path.
_CONFIG = b"""[core]
    remote = storage
['remote "storage"']
    url = ../../dvc-remote
"""
_MEMBER = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Dana"), ("EMAIL", "dana@example.com"))
}


@dataclass(frozen=True, slots=True)
class Team:
    """The repository and the remote that it names."""

    bare: Path
    remote: Path

    @classmethod
    def at(cls, folder: Path) -> Team:
        """Return the team in `folder`; made now, with DVC and no dataset yet, unless it is there."""
        team = cls(folder / "team.git", folder / "dvc-remote")
        if team.bare.exists():
            return team
        git(folder, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(team.bare))
        team.push_as_member({".dvc/config": _CONFIG, ".dvc/.gitignore": b"/config.local\n/tmp\n/cache\n"})
        return team

    def push_as_member(self, files: Mapping[str, bytes]) -> None:
        """Push a member's commit that changes these files."""
        subprocess.run(self.prepare_push(files), check=True, capture_output=True)

    def prepare_push(self, files: Mapping[str, bytes]) -> tuple[str, ...]:
        """Commit these files in a member's clone and return the command that pushes the commit."""
        clone = self.bare.with_name("member")
        if not clone.exists():
            git(self.bare, "clone", "--quiet", str(self.bare), str(clone))
            git(clone, "checkout", "--quiet", "-B", BRANCH)
        else:
            git(clone, "pull", "--quiet", "--ff-only", str(self.bare), BRANCH)
        for path, content in files.items():
            (clone / path).parent.mkdir(parents=True, exist_ok=True)
            (clone / path).write_bytes(content)
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "-m", "a member's change")
        return ("git", "-C", str(clone), "push", "--quiet", str(self.bare), BRANCH)

    def with_task(self, task: int) -> Mapping[str, bytes]:
        """Return what a member commits who added a task with one annotation of the same id; its data is pushed."""
        annotation: JsonValue = {"id": task, "result": choice("theirs")}
        added: JsonValue = {"id": task, "project": 9, "data": {}, "annotations": [annotation]}
        tasks = [*json.loads(self._dataset(BRANCH)), added]
        content = json.dumps(tasks, indent=1).encode()
        md5 = hashlib.md5(content).hexdigest()
        path = self._version(md5)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        out = f"outs:\n- md5: {md5}\n  size: {len(content)}\n  hash: md5\n  path: data.json\n"
        return {_POINTER: out.encode()}

    def head(self) -> str:
        """Return the commit that the branch names."""
        return git(self.bare, "rev-parse", BRANCH)

    def reset(self, commit: str) -> None:
        """Set the branch back, as `git push --force` does."""
        git(self.bare, "update-ref", f"refs/heads/{BRANCH}", commit)

    def commits(self) -> list[str]:
        """Return the branch's commits, oldest first."""
        return git(self.bare, "rev-list", "--reverse", BRANCH).split()

    def positions(self) -> list[tuple[str, int]]:
        """Return instance and seq of each of the service's commits, oldest first."""
        messages = git(self.bare, "log", "--reverse", "--format=%B", BRANCH)
        return [(instance, int(seq)) for instance, seq in _TRAILERS.findall(messages)]

    def annotations(self, revision: str = BRANCH) -> dict[str, str]:
        """Return what each annotation of a commit chooses, by its id; each task and annotation is there once."""
        tasks = json.loads(self._dataset(revision))
        assert len({task["id"] for task in tasks}) == len(tasks)
        found = [annotation for task in tasks for annotation in task["annotations"]]
        chosen = {str(one["id"]): one["result"][0]["value"]["choices"][0] for one in found}
        assert len(chosen) == len(found)
        return chosen

    def _dataset(self, revision: str) -> bytes:
        """Return the dataset of a commit; its version must be on the remote, whole."""
        if _POINTER not in git(self.bare, "ls-tree", "-r", "--name-only", revision).split():
            return b"[]"
        (md5,) = re.findall(r"md5: ([0-9a-f]{32})", git(self.bare, "show", f"{revision}:{_POINTER}"))
        content = self._version(md5).read_bytes()
        assert hashlib.md5(content).hexdigest() == md5
        return content

    def _version(self, md5: str) -> Path:
        return self.remote / "files" / "md5" / md5[:2] / md5[2:]


def git(folder: Path, *arguments: str) -> str:
    """Run git as Dana and return what it prints, without the newline at the end."""
    environment = {**os.environ, **_MEMBER, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")
