"""A team, its dataset, and our cycle on the real parts: store, Git, DVC; no HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from dvc_sync_s3.app.playground import Playground, make_playground
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.dataset.layouts import layout_for
from dvc_sync_s3.dataset.model import JsonValue
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.pointer import read_pointer, write_pointer
from dvc_sync_s3.dvc.root import CONFIG
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author, Repository
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.annotations import Annotations
from dvc_sync_s3.sync.cycle import Cycle, Step, Synced
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.ledger_file import open_ledger
from dvc_sync_s3.sync.reading import Changes
from dvc_sync_s3.sync.tracked_dataset import TrackedDataset
from dvc_sync_s3.sync.tracked_paths import pointer_path, written_out_paths
from tests.e2e.servers.team import DvcRemote

DATASET = "data/data.json"
NO_SETTINGS = RemoteSettings()
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GIT_"))},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "DVC_NO_ANALYTICS": "1",
}
Json = dict[str, JsonValue]


def annotation(number: int, label: str = "pos", *, task: int = 84, text: str = "hello") -> Json:
    """An annotation as Label Studio exports it."""
    return {
        "id": number,
        "result": [{"from_name": "s", "to_name": "text", "type": "choices", "value": {"choices": [label]}}],
        "created_ago": "0\u00a0minutes",
        "completed_by": {"id": 1, "email": "ann@example.com", "first_name": "Ann", "last_name": ""},
        "task": {"id": task, "data": {"text": text}, "project": 4, "total_annotations": 1},
        "project": 4,
    }


@dataclass
class Team:
    """The team's repository and one of its data scientists, who has an ordinary clone."""

    playground: Playground
    folder: Path

    def run(self, *command: str) -> str:
        names = {
            f"GIT_{role}_{part}": "dana@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
        }
        environ = ENVIRON | names | {"DVC_SITE_CACHE_DIR": str(self.folder.parent / "site-cache")}
        done = subprocess.run(command, cwd=self.folder, env=environ, check=True, capture_output=True, text=True)
        return done.stdout

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments)

    def pull(self) -> list[Json]:
        """Do what a data scientist does and return the dataset's records."""
        self.run("git", "pull", "--quiet", "--rebase")
        self.dvc("pull", "--quiet", "--force")
        records: list[Json] = json.loads((self.folder / DATASET).read_text(encoding="utf-8"))
        return records

    def push(self, records: list[Json]) -> None:
        """Change the dataset as a data scientist does."""
        self.push_bytes(json.dumps(records, indent=2).encode())

    def push_bytes(self, content: bytes) -> None:
        """Replace the dataset's file by hand."""
        path = self.folder / DATASET
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        self.dvc("add", "--quiet", DATASET)
        self.dvc("push", "--quiet", DATASET)
        self.push_files("dataset: by hand")

    def share(self, content: bytes) -> None:
        """Do what `push_bytes` does without DVC's commands, which take seconds: its two files, written by hand."""
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        stored = self.playground.remote / "files" / "md5" / md5[:2] / md5[2:]
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_bytes(content)
        pointer = self.folder / pointer_path(DATASET)
        pointer.parent.mkdir(exist_ok=True)
        self.run("git", "pull", "--quiet", "--rebase")
        before = pointer.read_bytes() if pointer.exists() else None
        pointer.write_bytes(write_pointer(before, DATASET, md5, len(content)))
        self.push_files("dataset: by hand")

    def dataset(self) -> list[Json]:
        """Return the dataset's records as the branch and the remote have them, without DVC's commands."""
        self.run("git", "pull", "--quiet", "--rebase")
        md5 = read_pointer((self.folder / pointer_path(DATASET)).read_bytes(), DATASET).md5
        records: list[Json] = json.loads((self.playground.remote / "files" / "md5" / md5[:2] / md5[2:]).read_bytes())
        return records

    def push_files(self, subject: str) -> None:
        """Commit what Git may track of the working copy, and push it."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "-m", subject)
        self.run("git", "push", "--quiet")

    def head(self) -> str:
        """The commit that the branch names on the server."""
        return self.run("git", "-C", str(self.playground.repository), "rev-parse", "main").strip()

    def subjects(self) -> list[str]:
        """The branch's subjects on the server, newest first, without the one that initialised DVC."""
        text = self.run("git", "-C", str(self.playground.repository), "log", "--format=%s", "main")
        return text.splitlines()[:-1]

    def body(self) -> str:
        """The newest commit's message."""
        return self.run("git", "-C", str(self.playground.repository), "log", "-1", "--format=%B", "main")


@dataclass
class Bridge:
    """Our side: a store that annotators write to and a cycle, run by hand."""

    folder: Path
    store: Store
    ledger: Ledger
    cycle: Cycle
    steps: list[Step] = field(default_factory=list)

    def put(self, key: str, content: Json | bytes) -> None:
        """Store an object."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()

        async def put() -> None:
            async with self.store.receive() as incoming:
                await incoming.write(body)
                await self.store.put(NewObject("annotations", key, etag), incoming)

        asyncio.run(put())

    def delete(self, key: str) -> None:
        """Delete an object."""
        asyncio.run(self.store.delete("annotations", key))

    def sync(self) -> Synced:
        """Run one cycle."""
        self.steps.clear()
        return self.cycle.run()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A playground, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    make_playground(folder, "main")
    return folder


@pytest.fixture
def team(tmp_path: Path, template: Path) -> Team:
    """A team whose repository has DVC and no dataset."""
    home = tmp_path / "team"
    remote = home / "dvc-remote"
    made = Playground(home / "team.git", remote)
    home.mkdir()
    remote.mkdir()
    member = Team(made, home / "dana")
    subprocess.run(
        ("git", "clone", "--quiet", "--bare", str(template / "team.git"), str(made.repository)), check=True, env=ENVIRON
    )
    subprocess.run(("git", "clone", "--quiet", str(made.repository), str(member.folder)), check=True, env=ENVIRON)
    config = member.folder / CONFIG  # as `dvc remote modify storage url` would write it, without its second
    config.write_text(
        re.sub(r"(?m)^(\s*url = ).*$", lambda line: f"{line[1]}{remote}", config.read_text("utf-8")), "utf-8"
    )
    member.run("git", "commit", "--quiet", "--amend", "--no-edit", ".dvc/config")
    member.run("git", "push", "--quiet", "--force")
    return member


def configure_remotes(team: Team, remotes: Mapping[str, DvcRemote], *, default: str | None) -> None:
    """Push a `.dvc/config` with these remotes."""
    lines = ["[core]", f"    remote = {default}"] if default else []
    for name, remote in remotes.items():
        lines += [f"['remote \"{name}\"']", f"    url = {remote.url}"]
        lines += [f"    {option} = {value}" for option, value in remote.options.items()]
    team.run("git", "pull", "--quiet", "--rebase")
    (team.folder / ".dvc/config").write_text("\n".join(lines) + "\n")
    team.push_files("dvc: other remotes")


class OpenBridge(Protocol):
    """Open our side on a data folder of a given name, for the team's dataset at `dataset_path`."""

    def __call__(self, name: str, dataset_path: str = ..., settings: RemoteSettings = ...) -> Bridge: ...


@pytest.fixture
def open_bridge(tmp_path: Path, team: Team) -> Iterator[OpenBridge]:
    """Open a bridge on a data folder of a given name."""
    opened: list[Bridge] = []

    def open_(name: str, dataset_path: str = DATASET, settings: RemoteSettings = NO_SETTINGS) -> Bridge:
        folder = tmp_path / name
        store = Store(folder / "objects", SystemClock())

        async def start() -> None:
            await store.start()
            await store.create_bucket("annotations")

        asyncio.run(start())
        repository = Repository(str(team.playground.repository), "main", Author("dvc-sync", "bot@example.com"))
        clone = Clone(folder / "git", repository, written_out_paths(dataset_path), environ=ENVIRON)
        dataset = TrackedDataset(dataset_path, layout_for(dataset_path), clone, settings)
        ledger = open_ledger(folder, store, SystemClock().now())
        steps: list[Step] = []
        kind = Annotations(Changes(store), clone, dataset, ledger)
        bridge = Bridge(folder, store, ledger, Cycle(kind, clone, dataset, ledger, steps.append), steps)
        opened.append(bridge)
        return bridge

    yield open_
    for bridge in opened:
        bridge.ledger.close()
        asyncio.run(bridge.store.close())


@pytest.fixture
def bridge(open_bridge: OpenBridge) -> Bridge:
    """Our side, at its first start."""
    return open_bridge("bridge")
