"""This service with a dataset to keep current, and how long each of its cycles takes, as its own log says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from rig.annotations import Annotations
from rig.client import send
from rig.servers import Server, serve_ours
from rig.signing import BUCKET, Signer

AT_ONCE = {"BUNDLE_QUIET_SECONDS": "0"}
_TIMEOUT_S = 900
_RESET_PEAK = "5"  # https://docs.kernel.org/filesystems/proc.html, clear_refs


@dataclass(slots=True)
class Syncing:
    """A running service whose dataset holds the records 1 to `records`."""

    server: Server
    records: int
    _edition: int = 0
    _annotations: Annotations | None = None

    def change(self, numbers: Sequence[int]) -> float:
        """Save another edition of these annotations and return how long the cycle that published it took, in ms."""
        self._edition += 1
        annotations = self._annotations = self._annotations or Annotations()
        requests = []
        for number in numbers:
            body = annotations.body(number, self._edition)
            requests.append(Signer("PUT", body).head(f"/{BUCKET}/reviews/{number}") + body)
        before = len(self._cycles())
        send(self.server.port, requests, 1, None)
        return sum(cycle.duration_ms for cycle in self._wait_for_cycles()[before:])

    def change_one(self) -> float:
        """Change one annotation, another each time, somewhere in the middle."""
        return self.change([self.records // 2 + self._edition])

    def worker(self) -> psutil.Process:
        """Return the process of the sync."""
        (found,) = (one for one in self.server.processes()[1:] if "sync" in one.cmdline())
        return found

    def reset_peak(self) -> None:
        """Forget the most memory that the worker ever held."""
        Path(f"/proc/{self.worker().pid}/clear_refs").write_text(_RESET_PEAK, encoding="ascii")

    def peak_mb(self) -> float:
        """Return the most resident memory of the worker since then, in MB."""
        status = Path(f"/proc/{self.worker().pid}/status").read_text(encoding="ascii")
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6

    def is_synced(self) -> bool:
        """Return whether the branch holds all that was saved."""
        return self._synced_seq() is not None

    def wait_until_synced(self) -> None:
        """Wait for that."""
        deadline_s = time.monotonic() + _TIMEOUT_S
        while not self.is_synced():
            if time.monotonic() > deadline_s:
                raise TimeoutError("the sync doesn't finish")
            time.sleep(0.02)

    def _synced_seq(self) -> int | None:
        """Return the position of the newest change if the branch holds all of them, else None."""
        import requests  # noqa: PLC0415

        status = requests.get(f"http://127.0.0.1:{self.server.port}/-/status.json", timeout=60).json()
        if status["error"]:
            raise RuntimeError(f"the sync fails: {status['error']} {status['hint']}")
        is_synced = status["pending"] == 0 and status["state"] == "idle"
        return int(status["synced_seq"]) if is_synced else None

    def _cycles(self) -> list[Cycle]:
        return cycles(self.server.process.output())

    def _wait_for_cycles(self) -> list[Cycle]:
        """Wait until all is synced and the log tells of it: its last lines come a little later."""
        deadline_s = time.monotonic() + _TIMEOUT_S
        while not ((found := self._cycles()) and found[-1].seq == self._synced_seq()):
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"no cycle ends:\n{self.server.process.output()[-2000:]}")
            time.sleep(0.02)
        return found


@dataclass(frozen=True, slots=True)
class Cycle:
    """A cycle that made a commit: how far it came, and how long it took."""

    seq: int
    duration_ms: float


def cycles(log: str) -> list[Cycle]:
    """Return all cycles in a log that made a commit."""
    events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [
        Cycle(event["seq"], float(event["duration_ms"]))
        for event in events
        if event["event"] == "sync" and event["commit"]
    ]


@contextmanager
def syncing(
    folder: Path, repository: str, dataset: str, records: int, settings: Mapping[str, str] = AT_ONCE
) -> Iterator[Syncing]:
    """Run the service on a team's repository; it has synced twice when it is handed over, so everything is warm."""
    with serve_ours(folder, {"GIT_REPO": repository, "DVC_DATASET": dataset, **settings}) as server:
        found = Syncing(server, records)
        for _ in range(2):
            if settings.items() >= AT_ONCE.items():
                found.change_one()
        yield found
