"""The team's side: its repository, and a data scientist's clone of it, through the real `git` and `dvc`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dvc_sync_s3.dataset.model import JsonValue
from tests.e2e.servers.process import surroundings

BRANCH = "main"
DATASET = "data/data.json"


@dataclass(frozen=True, slots=True)
class DvcRemote:
    """A DVC remote as `.dvc/config` names it; `secrets` go into each clone's `.dvc/config.local`."""

    name: str
    url: str
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


def run(command: list[str], *, folder: Path, home: Path) -> str:
    """Run `command` as its own user; returns what it prints, raises AssertionError with all of it on failure."""
    finished = subprocess.run(
        command, cwd=folder, env=surroundings(home), capture_output=True, text=True, check=False, timeout=90
    )
    if finished.returncode:
        raise AssertionError(f"{' '.join(command)}: {finished.stdout}{finished.stderr}")
    return finished.stdout


class Clone:
    """A working copy with its own home folder: what a data scientist has, or any other member."""

    def __init__(self, origin: str, folder: Path, *, remote: DvcRemote | None, member: str = "dana") -> None:
        """Clone `origin` into `folder` and give DVC its secrets."""
        self.folder = folder
        self.home = folder.with_name(f"{folder.name}-home")
        self.home.mkdir(parents=True)
        run(["git", "clone", "-q", origin, str(folder)], folder=self.home, home=self.home)
        self.git("config", "user.name", member)
        self.git("config", "user.email", f"{member}@example.com")
        if remote is not None:
            self._configure(remote.name, remote.secrets)

    def git(self, *arguments: str) -> str:
        """Run git in the clone; returns what it prints, without the newline at the end."""
        return run(["git", *arguments], folder=self.folder, home=self.home).rstrip("\n")

    def dvc(self, *arguments: str) -> str:
        """Run dvc in the clone; returns what it prints."""
        return run([sys.executable, "-m", "dvc", *arguments], folder=self.folder, home=self.home)

    def use_remote(self, remote: DvcRemote) -> None:
        """Make `remote` the default in this clone only, for a repository that names none."""
        self.dvc("remote", "add", "-q", "--local", "--default", remote.name, remote.url)
        self._configure(remote.name, {**remote.options, **remote.secrets})

    def pull(self) -> None:
        """Bring the branch here, without its data."""
        self.git("pull", "-q", "--ff-only", "origin", BRANCH)

    def dvc_pull(self) -> None:
        """Bring branch and data here, as every member does."""
        self.pull()
        self.dvc("pull", "-q")

    def dvc_status(self) -> JsonValue:
        """Return what differs between data and `.dvc` file; {} is clean."""
        status: JsonValue = json.loads(self.dvc("status", "--json"))
        return status

    def dvc_status_cloud(self) -> JsonValue:
        """Return what differs between cache and remote; {} is clean."""
        status: JsonValue = json.loads(self.dvc("status", "--cloud", "--json"))
        return status

    def dvc_diff(self, *revisions: str) -> JsonValue:
        """Return what DVC says changed between two revisions, or in the working copy; {} is nothing."""
        difference: JsonValue = json.loads(self.dvc("diff", "--json", *revisions))
        return difference

    def dvc_add(self, path: str = DATASET) -> None:
        """Track `path` as it is now."""
        self.dvc("add", "-q", path)

    def dataset(self) -> JsonValue:
        """Return the dataset in the working copy."""
        dataset: JsonValue = json.loads((self.folder / DATASET).read_bytes())
        return dataset

    def write_dataset(self, tasks: JsonValue) -> None:
        """Replace the dataset in the working copy."""
        path = self.folder / DATASET
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(tasks, indent=1), "utf-8")

    def commit_and_push(self, message: str) -> str:
        """Commit everything and push it; returns the commit's id."""
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message)
        self.git("push", "-q", "origin", f"HEAD:{BRANCH}")
        return self.git("rev-parse", "HEAD")

    def share_dataset(self, tasks: JsonValue, message: str) -> str:
        """Replace the dataset and bring it to remote and branch by hand; returns the commit."""
        self.write_dataset(tasks)
        self.dvc_add()
        self.dvc("push", "-q")
        return self.commit_and_push(message)

    def _configure(self, remote: str, options: Mapping[str, str]) -> None:
        for name, value in options.items():
            self.dvc("remote", "modify", "--local", remote, name, value)


@dataclass(frozen=True, slots=True)
class TeamRepository:
    """The bare repository on the server, the DVC remote it names, and a member's clone outside HTTP."""

    bare: Path
    remote: DvcRemote | None
    workshop: Path
    member: Clone

    @property
    def name(self) -> str:
        """The repository's name on the server."""
        return self.bare.name

    def head(self) -> str:
        """Return the commit the branch names on the server."""
        return self.git("rev-parse", BRANCH)

    def message(self, revision: str = BRANCH) -> str:
        """Return the message of a commit on the server."""
        return self.git("log", "-1", "--format=%B", revision)

    def commits(self) -> int:
        """Return how many commits the branch has on the server."""
        return int(self.git("rev-list", "--count", BRANCH))

    def files(self) -> set[str]:
        """Return the paths that Git tracks on the branch."""
        return set(self.git("ls-tree", "-r", "--name-only", BRANCH).splitlines())

    def git(self, *arguments: str) -> str:
        """Run git in the bare repository; returns what it prints."""
        return run(["git", *arguments], folder=self.bare, home=self.member.home).strip()

    def clone(self, name: str) -> Clone:
        """Clone the repository for another member."""
        return Clone(str(self.bare), self.workshop / name, remote=self.remote, member=name)


def make_bare(folder: Path) -> None:
    """Make an empty bare repository that can be pushed to over HTTP and cloned in part."""
    folder.mkdir(parents=True)
    home = folder.parent
    run(["git", "init", "-q", "--bare", "-b", BRANCH, "."], folder=folder, home=home)
    for name, value in (
        ("http.receivepack", "true"),
        ("uploadpack.allowFilter", "true"),
        ("uploadpack.allowAnySHA1InWant", "true"),
    ):
        run(["git", "config", name, value], folder=folder, home=home)


def make_repository(bare: Path, workshop: Path) -> TeamRepository:
    """Make a repository without a commit, and without DVC."""
    make_bare(bare)
    member = Clone(str(bare), workshop / "founder", remote=None, member="founder")
    member.git("checkout", "-q", "-B", BRANCH)
    return TeamRepository(bare, None, workshop, member)


def initialise_dvc(member: Clone, remote: DvcRemote | None) -> None:
    """Give the member's repository DVC, with `remote` as its default, and push that."""
    member.dvc("init", "-q")
    member.dvc("config", "core.analytics", "false")
    if remote is not None:
        member.dvc("remote", "add", "-q", "--default", remote.name, remote.url)
        for name, value in remote.options.items():
            member.dvc("remote", "modify", remote.name, name, value)
        for name, value in remote.secrets.items():
            member.dvc("remote", "modify", "--local", remote.name, name, value)
    member.commit_and_push("initialise DVC")


def make_team_repository(
    bare: Path, workshop: Path, *, remote: DvcRemote | None, dataset: JsonValue = None
) -> TeamRepository:
    """Make a repository with DVC initialised, `remote` as its default, and `dataset` shared if there is one."""
    member = make_repository(bare, workshop).member
    initialise_dvc(member, remote)
    if dataset is not None:
        member.share_dataset(dataset, "add the dataset")
    return TeamRepository(bare, remote, workshop, member)
