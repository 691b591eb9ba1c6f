"""Days of annotating, played through the worker with a clock that runs fast: how many commits, and how late."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from dvc_sync_s3.store.model import Waiting
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.bundle import BundleRules
from dvc_sync_s3.sync.cycle import Synced
from dvc_sync_s3.sync.status import StatusFile
from dvc_sync_s3.sync.worker import Worker

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR_S = 3600.0
EVERY_20_S = 20.0
LONGEST_S = 600.0
MOST_IN_A_BUNDLE = 10_000


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
        worker = Worker(cast("Reader", self), self._cycle, StatusFile(self.folder), BundleRules(), self, lambda: 0)
        worker.run(self)  # type: ignore[arg-type]

    def now(self) -> datetime:
        return MORNING + timedelta(seconds=self.now_s)

    def monotonic_s(self) -> float:
        return self.now_s

    def wait(self, timeout_s: float) -> bool:
        if timeout_s > 0:
            self.now_s += max(timeout_s, self.poll_s)
        return self.now_s >= self.end_s

    def waiting(self, after: int) -> Waiting:
        last = bisect_right(self.saved_s, self.now_s)
        if last <= after:
            return Waiting(0, after, None, None)
        first_at, last_at = (MORNING + timedelta(seconds=self.saved_s[seq]) for seq in (after, last - 1))
        return Waiting(last - after, last, first_at, last_at)

    def _cycle(self) -> Synced:
        synced = len(self.on_branch_s)
        seq = min(bisect_right(self.saved_s, self.now_s), synced + MOST_IN_A_BUNDLE)
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


def shape(*parts: Iterable[float]) -> list[float]:
    return [at for part in parts for at in part]


WORKDAY = every(EVERY_20_S, 5, 8 * HOUR_S)


@pytest.mark.parametrize("cycle_s", [0.1, 1.0, 30.0])
def test_an_annotation_every_20_s_makes_at_most_60_commits_in_8_hours(tmp_path: Path, cycle_s: float) -> None:
    day = Day(tmp_path, WORKDAY, cycle_s)
    day.run(9 * HOUR_S)
    assert len(day.commits_s) <= 60
    assert max(day.delays_s()) <= LONGEST_S + 2 * cycle_s + day.poll_s


@pytest.mark.parametrize("interval_s", [1.0, 7.0, 20.0, 45.0, 60.0, 90.0, 150.0, 300.0, 450.0])
def test_any_steady_pace_makes_at_most_60_commits_in_8_hours(tmp_path: Path, interval_s: float) -> None:
    day = Day(tmp_path, every(interval_s, 5, 8 * HOUR_S))
    day.run(9 * HOUR_S)
    assert len(day.commits_s) <= 60
    assert max(day.delays_s()) <= LONGEST_S + 3


def test_the_first_annotation_after_an_hour_of_quiet_is_on_the_branch_within_15_s(tmp_path: Path) -> None:
    again_s = WORKDAY[-1] + HOUR_S
    day = Day(tmp_path, [*WORKDAY, again_s])
    day.run(again_s + HOUR_S)
    assert day.delays_s()[-1] <= 15


def test_the_first_annotation_of_the_day_is_on_the_branch_within_5_s(tmp_path: Path) -> None:
    day = Day(tmp_path, WORKDAY)
    day.run(9 * HOUR_S)
    assert day.delays_s()[0] <= 5


@pytest.mark.parametrize("minutes", range(1, 90, 4))
def test_the_last_annotation_before_a_break_never_waits_longer_than_ten_minutes(tmp_path: Path, minutes: int) -> None:
    day = Day(tmp_path, every(EVERY_20_S, 5, minutes * 60))
    day.run(4 * HOUR_S)
    assert day.delays_s()[-1] <= LONGEST_S + 3


def test_a_restarted_worker_knows_how_busy_the_day_is(tmp_path: Path) -> None:
    day = Day(tmp_path, WORKDAY)
    for hour in range(1, 17):  # every half hour
        day.run(hour * HOUR_S / 2)
    day.run(9 * HOUR_S)
    assert len(day.commits_s) <= 60 + 16  # a start syncs what waits, to learn how far the branch is


def test_bursts_with_breaks_are_each_committed_at_once(tmp_path: Path) -> None:
    bursts = [every(1.0, number * HOUR_S + 5, number * HOUR_S + 65) for number in range(8)]
    day = Day(tmp_path, shape(*bursts))
    day.run(9 * HOUR_S)
    firsts = day.delays_s()[::60]
    assert max(firsts) <= 30
    assert len(day.commits_s) <= 4 * len(bursts)


def test_a_sync_of_ten_thousand_makes_few_commits_and_the_next_hour_is_quick_again(tmp_path: Path) -> None:
    whole_project = every(0.01, 5, 105)
    again_s = whole_project[-1] + HOUR_S
    day = Day(tmp_path, [*whole_project, again_s], cycle_s=3.0)
    day.run(again_s + HOUR_S)
    assert len(day.commits_s) <= 4
    assert day.delays_s()[-1] <= 15


def test_what_piled_up_while_the_team_was_away_is_synced_bundle_by_bundle(tmp_path: Path) -> None:
    day = Day(tmp_path, every(0.001, 1, 101), cycle_s=5.0)
    day.run(2 * HOUR_S)
    assert len(day.commits_s) <= 13
    assert max(day.delays_s()) <= LONGEST_S + day.cycle_s + day.poll_s
