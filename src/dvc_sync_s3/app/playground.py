"""A team's repository to try the service with, made when no GIT_REPO is set.

A bare Git repository with DVC initialised and a DVC remote in a folder beside it; made by the real tools, as a
team would, and left alone once it is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dvc_sync_s3.dvc.environment import quiet_environment
from dvc_sync_s3.errors import SettingsError

FOLDER = Path("storage/playground")


@dataclass(frozen=True, slots=True)
class Playground:
    """Where the playground's repository and its DVC remote are."""

    repository: Path
    remote: Path


def playground_at(folder: Path) -> Playground:
    """Say where a playground under `folder` is, or would be."""
    return Playground(folder.absolute() / "team.git", folder.absolute() / "dvc-remote")


def make_playground(folder: Path, branch: str) -> Playground:
    """Return the playground under `folder`, made now if it isn't there; raise SettingsError if git or dvc fail.

    The repository appears under its name only when it is complete.
    """
    made = playground_at(folder)
    if made.repository.exists():
        return made
    workshop = folder.absolute() / "making"
    shutil.rmtree(workshop, ignore_errors=True)
    made.remote.mkdir(parents=True, exist_ok=True)
    clone = workshop / "clone"
    clone.mkdir(parents=True)
    environment = _environment(workshop)
    dvc = (sys.executable, "-m", "dvc")
    for command in (
        ("git", "init", "--quiet", f"--initial-branch={branch}"),
        (*dvc, "init"),
        (*dvc, "remote", "add", "--quiet", "--default", "storage", str(made.remote)),
        ("git", "add", ".dvc", ".dvcignore"),
        ("git", "commit", "--quiet", "-m", "dvc: init, with a remote in a folder"),
        ("git", "clone", "--quiet", "--bare", ".", str(workshop / "team.git")),
    ):
        _run(command, clone, environment)
    (workshop / "team.git").rename(made.repository)
    shutil.rmtree(workshop, ignore_errors=True)
    return made


def _environment(workshop: Path) -> Mapping[str, str]:
    name, email = "Playground", "playground@users.noreply.invalid"
    return quiet_environment(os.environ, workshop / "site-cache") | {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }


def _run(command: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> None:
    try:
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    except OSError as error:
        raise SettingsError(f"{command[0]} can't be run: {error.strerror}. Is it installed?") from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip()
        raise SettingsError(f"The playground could not be made: {' '.join(command[:4])}: {said}") from None
