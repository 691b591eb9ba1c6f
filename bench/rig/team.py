"""A team's repository with a dataset, what its members do by hand, and the script that this service replaces."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dvc_sync_s3.dataset.layouts import layout_for
from rig.annotations import Annotations, write_array
from rig.versions import write_version
from tests.e2e.servers.process import surroundings
from tests.e2e.servers.team import Clone, DvcRemote, TeamRepository, make_repository

ARRAY = "data/data.json"
FOLDER = "data/annotations"
_TIMEOUT_S = 3600


def make_team(folder: Path, dataset: str, records: int, remote: DvcRemote | None = None) -> TeamRepository:
    """Make a bare repository `folder/team.git` whose dataset holds so many records, on a DVC remote in a folder."""
    if remote is None:
        (folder / "dvc-remote").mkdir(parents=True)
        remote = DvcRemote("storage", str(folder / "dvc-remote"))
    made = make_repository(folder / "team.git", folder / "workshop")
    _begin_dvc(made.member, remote)
    team = TeamRepository(made.bare, remote, made.workshop, made.member)
    if records:
        _share_first_version(team, dataset, records)
    shutil.rmtree(team.member.folder / ".dvc/cache", ignore_errors=True)
    return team


def _begin_dvc(member: Clone, remote: DvcRemote) -> None:
    """Do what `dvc init` and `dvc remote add` do, without half a second for each command."""
    folder = member.folder / ".dvc"
    folder.mkdir()
    section = f"['remote \"{remote.name}\"']"
    options = "".join(f"{name} = {value}\n" for name, value in {"url": remote.url, **remote.options}.items())
    (folder / "config").write_text(f"[core]\nremote = {remote.name}\n{section}\n{options}", encoding="utf-8")
    secrets = "".join(f"{name} = {value}\n" for name, value in remote.secrets.items())
    (folder / "config.local").write_text(f"{section}\n{secrets}" if secrets else "", encoding="utf-8")
    (folder / ".gitignore").write_text("/config.local\n/tmp\n/cache\n", encoding="utf-8")
    member.commit_and_push("initialise DVC")


def _share_first_version(team: TeamRepository, dataset: str, records: int) -> None:
    member = team.member
    if dataset == ARRAY:  # written as one stream: as a version it would be held in memory
        (member.folder / dataset).parent.mkdir(parents=True, exist_ok=True)
        write_array(member.folder / dataset, records)
        publish(member.folder, member.home, dataset)
        return
    write_version(member.folder, dataset, records)
    member_run((sys.executable, "-m", "dvc", "push", "-q"), member.folder, member.home)
    member.commit_and_push("annotations")


def publish(clone: Path, home: Path, dataset: str) -> float:
    """Do what the script does that this service replaces; return how many seconds it took."""
    dvc = (sys.executable, "-m", "dvc")
    began_s = time.perf_counter()
    for command in (
        (*dvc, "add", "-q", dataset),
        (*dvc, "push", "-q"),
        ("git", "add", "--all"),
        ("git", "commit", "-q", "-m", "annotations"),
        ("git", "push", "-q", "origin", "HEAD:main"),
    ):
        member_run(command, clone, home)
    return time.perf_counter() - began_s


def pull(clone: Path, home: Path) -> float:
    """Do what a member does to have the newest data; return how many seconds it took."""
    began_s = time.perf_counter()
    member_run(("git", "pull", "-q", "--ff-only", "origin", "main"), clone, home)
    member_run((sys.executable, "-m", "dvc", "pull", "-q"), clone, home)
    return time.perf_counter() - began_s


def member_run(command: tuple[str, ...], clone: Path, home: Path) -> None:
    """Run one command in a member's clone; raises RuntimeError with what it printed."""
    done = subprocess.run(
        command, cwd=clone, env=surroundings(home), capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}"[-2000:])


def one_file_for_each(folder: Path, records: int) -> Callable[[], float]:
    """Make a repository that tracks a folder with a file for each annotation, as the script has it.

    Return what changes one annotation, runs the script and returns how long it took in seconds.
    """
    team = make_team(folder, FOLDER, 0)
    annotations, place = Annotations(), team.member.folder / FOLDER
    place.mkdir(parents=True)
    for number in range(1, records + 1):
        (place / str(number)).write_bytes(annotations.body(number))
    publish(team.member.folder, team.member.home, FOLDER)
    editions = iter(range(1, 1000))

    def change() -> float:
        edition = next(editions)
        path = place / str(records // 2 + edition)
        path.unlink()  # it may be a link into the cache
        path.write_bytes(annotations.body(records // 2 + edition, edition))
        return publish(team.member.folder, team.member.home, FOLDER)

    return change


def bytes_below(folder: Path) -> int:
    """Return the sizes of all files below `folder`, added up."""
    return sum(entry.stat().st_size for path, _, files in os.walk(folder) for entry in (Path(path, f) for f in files))


def allocated_below(folder: Path) -> int:
    """Return what all files below `folder` take on the disk, a file with two names once."""
    found = {
        (at.st_dev, at.st_ino): at.st_blocks * 512
        for path, _, files in os.walk(folder)
        for at in (Path(path, name).lstat() for name in files)
    }
    return sum(found.values())


def best_dataset() -> str:
    """Return the dataset to measure with where any will do: a folder where there is that layout."""
    try:
        layout_for(FOLDER)
    except ValueError:
        return ARRAY
    return FOLDER
