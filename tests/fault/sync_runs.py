"""Annotators' changes in a store, and workers that sync them, each a process that may be killed."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from dvc_sync_s3.app.team import repository, target
from dvc_sync_s3.app.worker import run_worker
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.settings import Settings
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.cycle import Step
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.status import State, StatusFile
from tests.e2e.servers.annotations import annotation_object
from tests.e2e.servers.waiting import wait_until
from tests.fault.team import BRANCH, Team

BUCKET = "annotations"
TIMEOUT_S = 60.0
Choices = Mapping[str, str | None]
"""What each annotation chooses, by its id; None is a deleted one."""
BEFORE: Choices = {"1": "pos", "2": "neg", "3": "pos"}
"""What a service that has synced before has synced."""

# Forked from a process that has DVC imported already: a worker starts in a few milliseconds.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["dvc_sync_s3.app.worker"])


@dataclass(slots=True)
class At:
    """Do something when a step is reported for the `time`th time."""

    step: Step
    do: Callable[[], None]
    time: int = 1
    _seen: int = field(default=0, init=False)

    def __call__(self, step: Step) -> None:
        self._seen += step is self.step
        if step is self.step and self._seen == self.time:
            self.do()


@dataclass(frozen=True, slots=True)
class Command:
    """Run a command."""

    words: tuple[str, ...]

    def __call__(self) -> None:
        subprocess.run(self.words, check=True, capture_output=True)


def die() -> None:
    """End this process as the kernel does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def ignore(_: Step) -> None:
    """Do nothing."""


class Service:
    """A data folder and a clone without a server: the test writes to the store, workers sync it."""

    def __init__(self, folder: Path) -> None:
        """Serve the team in `folder`, which is made now unless it is there."""
        folder.mkdir(exist_ok=True)
        self.team = Team.at(folder)
        self.folder = folder
        self.data = folder / "data"
        self.clone = folder / "clone"
        self.hidden = self.data / HIDDEN_NAME
        self.pid_file = folder / "worker.pid"
        self._settings = Settings(
            _env_file=None,
            git_repo=str(self.team.bare),
            git_branch=BRANCH,
            git_folder=self.clone,
            dvc_remote_url=str(self.team.remote),
            s3_data_folder=self.data,
            bundle_quiet_seconds=0,
        )

    def write(self, choices: Choices) -> None:
        """Put and delete annotations, all of it acknowledged."""
        asyncio.run(_write(self.data, choices))

    @contextmanager
    def worker(self, report: Callable[[Step], None] = ignore) -> Iterator[ForkServerProcess]:
        """Run a worker until the block ends."""
        stdin, held_open = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_work, args=(self._settings, self.pid_file, stdin, report))
        process.start()
        stdin.close()
        try:
            yield process
        finally:
            held_open.close()
            process.join(TIMEOUT_S)
            process.kill()

    def sync_until_killed(self, report: Callable[[Step], None]) -> None:
        """Run a worker that is killed."""
        with self.worker(report) as process:
            process.join(TIMEOUT_S)
        assert process.exitcode == -signal.SIGKILL

    def sync(self, expected: Choices, report: Callable[[Step], None] = ignore) -> None:
        """Run a worker until the branch holds exactly what is expected; then everything must be in order."""
        with self.worker(report):
            self.wait_for(expected)
        self.check()

    def wait_for(self, expected: Choices) -> None:
        """Wait until the branch holds exactly what is expected and nothing waits."""
        wait_until(
            lambda: self.team.annotations() == expected and self._is_idle(),
            what=f"{expected} on the branch",
            timeout_s=TIMEOUT_S,
        )

    def check(self) -> None:
        """Check what holds at rest: each commit complete and worth making, the positions in order, nothing waiting."""
        commits = self.team.commits()
        contents = [self.team.annotations(commit) for commit in commits]
        assert all(one != next_one for one, next_one in pairwise(contents[1:]))
        positions = self.team.positions()
        instances = list(dict.fromkeys(instance for instance, _ in positions))
        for instance in instances:
            seqs = [seq for named, seq in positions if named == instance]
            assert seqs == sorted(set(seqs))
        ledger = Ledger(self.hidden)
        assert ledger.position == dict(positions).get(ledger.instance, 0)
        assert ledger.synced_seq == self._last_seq()
        assert ledger.attempts() == []
        ledger.close()

    def _is_idle(self) -> bool:
        status = StatusFile(self.hidden, target(repository(self._settings))).read()
        return (status.state, status.synced_seq, status.error) == (State.IDLE, self._last_seq(), None)

    def _last_seq(self) -> int:
        reader = Reader(self.data)
        try:
            return reader.last_seq()
        finally:
            reader.close_connections()


async def _write(folder: Path, choices: Choices) -> None:
    store = Store(folder, SystemClock())
    await store.start()
    await store.create_bucket(BUCKET)
    for key, value in choices.items():
        if value is None:
            await store.delete(BUCKET, key)
        else:
            body = annotation_object(int(key), value)
            async with store.receive() as incoming:
                await incoming.write(body)
                await store.put(NewObject(BUCKET, key, hashlib.md5(body).hexdigest()), incoming)
    await store.close()


def _work(settings: Settings, pid_file: Path, stdin: Connection, report: Callable[[Step], None]) -> None:
    os.setpgid(0, 0)
    pid_file.write_text(str(os.getpid()))
    sys.stdin = os.fdopen(os.dup(stdin.fileno()))
    run_worker(settings, report)
