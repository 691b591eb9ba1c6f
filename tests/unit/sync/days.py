"""A day of annotating, played through the worker with a clock that runs fast."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from dvc_sync_s3.store.model import Waiting
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.bundle import MOST_CHANGES, BundleRules
from dvc_sync_s3.sync.cycle import Synced
from dvc_sync_s3.sync.status import StatusFile
from dvc_sync_s3.sync.worker import Worker

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR_S = 3600.0
EVERY_20_S = 20.0


@dataclass
class Day:
    """Annotations at `saved_s` (ascending, after eight o'clock), a cycle of `cycle_s`, and what became of them.

    It is clock, store, cycle and stop event of a worker: time passes only where the worker waits or a cycle runs.
    """

    folder: Path
    saved_s: list[float]
    cycle_s: float = 1.0
    poll_s: float = 1.0
    now_s: float = 0.0
    end_s: float = 0.0
    commits_s: list[float] = field(default_factory=list)
    on_branch_s: list[float] = field(default_factory=list)

    def run(self, until_s: float) -> None:
        """Start a worker and let it work until then."""
        self.end_s = until_s
        worker = Worker(cast("Reader", self), self._cycle, StatusFile(self.folder, "team"), BundleRules(), self)
        worker.run(self)

    def now(self) -> datetime:
        return MORNING + timedelta(seconds=self.now_s)

    def monotonic_s(self) -> float:
        return self.now_s

    def wait(self, timeout_s: float) -> bool:
        if timeout_s > 0:
            self.now_s += max(timeout_s, self.poll_s)
            synced = len(self.on_branch_s)
            if bisect_right(self.saved_s, self.now_s) == synced:  # nothing happens before the next save
                self.now_s = min([self.end_s, *self.saved_s[synced : synced + 1]])
        return self.now_s >= self.end_s

    def waiting(self, after: int, most: int = 1) -> Waiting:
        last = bisect_right(self.saved_s, self.now_s)
        if last <= after:
            return Waiting(0, after, None, None)
        first_at, last_at = (MORNING + timedelta(seconds=self.saved_s[seq]) for seq in (after, last - 1))
        return Waiting(min(last - after, most), last, first_at, last_at)

    def _cycle(self) -> Synced:
        synced = len(self.on_branch_s)
        seq = min(bisect_right(self.saved_s, self.now_s), synced + MOST_CHANGES)
        if seq == synced:
            return Synced(seq)
        self.now_s += self.cycle_s
        self.commits_s.append(self.now_s)
        self.on_branch_s += [self.now_s] * (seq - synced)
        return Synced(seq, f"commit {len(self.commits_s)}", "annotations: some added")

    def delays_s(self) -> list[float]:
        """Return how long each annotation took to the branch."""
        assert len(self.on_branch_s) == len(self.saved_s)
        return [branch - saved for saved, branch in zip(self.saved_s, self.on_branch_s, strict=True)]


def every(interval_s: float, start_s: float, end_s: float) -> list[float]:
    return [start_s + number * interval_s for number in range(int((end_s - start_s) / interval_s))]
