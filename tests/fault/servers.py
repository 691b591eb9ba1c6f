"""Servers on one data folder, and the sync workers they keep, as the operating system sees them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import psutil
import requests

from tests.e2e.servers.process import ServerProcess, free_port, surroundings
from tests.e2e.servers.s3_remote import S3Location
from tests.e2e.servers.waiting import wait_until
from tests.fault.team import Team

BUCKET = "annotations"
TIMEOUT_S = 30.0
_CHECKOUT = Path(__file__).parents[2]
_WORKER = b"-m\0dvc_sync_s3\0sync\0"
_PUBLISHER = b"-m\0dvc_sync_s3\0publish\0"
_SIBLING = b"-m\0dvc_sync_s3\0answer\0"


class Server:
    """One server; several in one folder share its store, clone and team."""

    def __init__(self, folder: Path) -> None:
        """Prepare a server in `folder`; it keeps its port over restarts."""
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.team = Team.at(folder)
        self._port = free_port()
        self._process: ServerProcess | None = None

    def serve(self, processes: int = 1) -> None:
        """Start it as `make run` does."""
        self._start("dvc_sync_s3", "serve", WEB_CONCURRENCY=str(processes))

    def serve_with_uvicorn(self, processes: int) -> None:
        """Start it with several server processes."""
        arguments = ["main:app", "--app-dir", str(_CHECKOUT), "--port", str(self._port), "--workers", str(processes)]
        self._start("uvicorn", *arguments)

    @property
    def location(self) -> S3Location:
        """Where an S3 client finds the bucket."""
        return S3Location(f"http://127.0.0.1:{self._port}", "annotator", "annotators-secret-key", BUCKET)

    def kill(self) -> None:
        """Kill the server process alone."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End the server and all it started."""
        if self._process is not None:
            self._process.kill()

    def greetings(self) -> int:
        """Return how often it told a person where it listens."""
        assert self._process is not None
        return self._process.output().count("DVC Sync S3 listens on")

    def answers(self) -> bool:
        """Return whether anyone listens on its port."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self._port)) == 0

    @contextlib.contextmanager
    def connected(self, connections: int) -> Iterator[None]:
        """Have so many connections to it."""
        with contextlib.ExitStack() as opened:
            for _ in range(connections):
                opened.enter_context(socket.create_connection(("127.0.0.1", self._port)))
            yield

    def connections_of(self, process: int) -> int:
        """Return how many connections one of its processes has accepted."""
        connections = psutil.Process(process).net_connections("tcp")
        return sum(one.status == psutil.CONN_ESTABLISHED and one.laddr[1] == self._port for one in connections)

    def connects_to(self, process: int) -> bool:
        """Return whether one of two connections is that process's."""
        with self.connected(2):
            wait_until(lambda: self._accepted() == 2, what="two connections", timeout_s=TIMEOUT_S)
            return self.connections_of(process) == 1

    def threads_by_core(self, process: int, cores: AbstractSet[int]) -> dict[int | None, int]:
        """Return how many threads of a process are kept to each of `cores`, and as None how many run on any of them."""
        found: Counter[int | None] = Counter()
        for thread in Path(f"/proc/{process}/task").iterdir():
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                allowed = os.sched_getaffinity(int(thread.name))
                found[None if allowed == cores else next(iter(allowed))] += 1
        return found

    def answering(self) -> list[int]:
        """Return the process ids of all that answer, the one that was started first."""
        assert self._process is not None
        return [self._process.pid, *self.siblings()]

    def wait_until_synced(self) -> None:
        """Wait until the branch holds all that the store holds."""
        wait_until(self._is_synced, what="synced", timeout_s=TIMEOUT_S)

    def workers(self) -> list[int]:
        """Return the process ids of the sync workers in this folder, whoever started them."""
        return self._running(lambda command: _WORKER in command)

    def publishers(self) -> list[int]:
        """Return the process ids of those that write plain files."""
        return self._running(lambda command: _PUBLISHER in command)

    def siblings(self) -> list[int]:
        """Return the process ids of the processes that answer beside the one that was started."""
        return self._running(lambda command: _SIBLING in command)

    def wait_for_sibling(self, *, other_than: int = 0) -> int:
        """Wait until exactly one such process runs, and another than that, and return its process id."""
        return _wait_for_one(self.siblings, other_than, "sibling")

    def wait_for_worker(self, *, other_than: int = 0) -> int:
        """Wait until exactly one worker runs, and another than that, and return its process id."""
        return _wait_for_one(self.workers, other_than, "worker")

    def _accepted(self) -> int:
        return sum(map(self.connections_of, self.answering()))

    def _running(self, is_it: Callable[[bytes], bool]) -> list[int]:
        return [int(path.name) for path in Path("/proc").glob("[0-9]*") if self._is_ours(path, is_it)]

    def _is_ours(self, process: Path, is_it: Callable[[bytes], bool]) -> bool:
        try:
            is_here = (process / "cwd").readlink() == self.folder
            return is_here and is_it((process / "cmdline").read_bytes())
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            return False

    def _is_synced(self) -> bool:
        status = requests.get(f"{self.location.endpoint_url}/-/status.json", timeout=5).json()
        return (status["state"], status["pending"], status["synced_seq"]) == ("idle", 0, status["last_seq"])

    def _start(self, *module: str, **settings: str) -> None:
        self.end()
        environment = surroundings(self.folder) | {
            "PORT": str(self._port),
            "AWS_ACCESS_KEY_ID": self.location.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.location.secret_access_key,
            "S3_BUCKET": BUCKET,
            "S3_DATA_FOLDER": str(self.folder / "data"),
            "GIT_REPO": str(self.team.bare),
            "GIT_FOLDER": str(self.folder / "clone"),
            "DVC_REMOTE_URL": str(self.team.remote),
            "BUNDLE_QUIET_SECONDS": "0.1",
            **settings,
        }
        command: Sequence[str] = (sys.executable, "-m", *module)
        log = self.folder / f"server-{self._port}.log"
        self._process = ServerProcess(command, folder=self.folder, environment=environment, log=log)
        self._process.wait_until_ready(self._is_ready, timeout_s=TIMEOUT_S)

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.location.endpoint_url}/-/ready", timeout=5).ok
        except requests.ConnectionError:
            return False


def _wait_for_one(running: Callable[[], list[int]], other_than: int, what: str) -> int:
    found: list[int] = []

    def is_there() -> bool:
        found[:] = running()  # once: a killed process may be among those of one look and not of the next
        return len(found) == 1 and other_than not in found

    wait_until(is_there, what=f"one {what} other than {other_than}", timeout_s=TIMEOUT_S)
    return found[0]


def parent_of(pid: int) -> int:
    """Return the process id of a process's parent."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("PPid:"))
