"""The worker: when it syncs, what it tells, how it fails."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
import structlog

from dvc_sync_s3.errors import Blocked, Rejected, SyncError, Transient
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync import bundle, worker
from dvc_sync_s3.sync.bundle import REFILL, BundleRules
from dvc_sync_s3.sync.cycle import Synced
from dvc_sync_s3.sync.status import FILE_NAME, State, StatusFile, SyncStatus, iso
from dvc_sync_s3.sync.worker import Facts, Worker


class HeldClock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic_s(self) -> float:
        return self.time.timestamp()

    def pass_s(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Pauses:
    """A stop event that notes each pause instead of waiting, and stops after so many; `between` runs at each."""

    def __init__(self, most: int, between: Callable[[float], None] = lambda _: None) -> None:
        self.seconds: list[float] = []
        self._most = most
        self._between = between

    def wait(self, timeout: float) -> bool:
        self.seconds.append(timeout)
        self._between(timeout)
        return len(self.seconds) >= self._most


def never(error: Exception) -> Callable[[], Synced]:
    def cycle() -> Synced:
        raise error

    return cycle


def script(*outcomes: Synced | SyncError) -> Callable[[], Synced]:
    rest: Iterator[Synced | SyncError] = iter(outcomes)

    def cycle() -> Synced:
        outcome = next(rest)
        if isinstance(outcome, SyncError):
            raise outcome
        return outcome

    return cycle


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


class Bench:
    """A worker on a real store with a scripted cycle."""

    def __init__(self, folder: Path, clock: HeldClock) -> None:
        self.clock = clock
        self.store = Store(folder, clock)
        self.facts = Facts()
        self.status = StatusFile(folder, "team")

    def run(self, cycle: Callable[[], Synced], pauses: Pauses, rules: BundleRules | None = None) -> list[float]:
        worker = Worker(self.store, cycle, self.status, rules or BundleRules(quiet_s=5), self.clock, self.facts)
        worker.run(pauses)
        return pauses.seconds


@pytest.fixture
def bench(tmp_path: Path, clock: HeldClock) -> Iterator[Bench]:
    made = Bench(tmp_path, clock)

    async def fill() -> None:
        await made.store.start()
        await made.store.create_bucket("annotations")

    asyncio.run(fill())
    yield made
    asyncio.run(made.store.close())


def put(bench: Bench, key: str) -> None:
    async def store() -> None:
        async with bench.store.receive() as incoming:
            await incoming.write(b"{}")
            await bench.store.put(NewObject("annotations", key, "etag"), incoming)

    asyncio.run(store())


def test_the_first_cycle_runs_at_once_to_learn_how_far_the_branch_is(bench: Bench) -> None:
    bench.run(script(Synced(0)), Pauses(2))
    assert bench.status.read().state is State.IDLE


def test_a_change_waits_for_its_bundle_and_is_then_synced(bench: Bench) -> None:
    put(bench, "1")
    pauses = Pauses(40, bench.clock.pass_s)
    bench.run(script(Synced(0), Synced(1, "c1", "annotations: 1 added")), pauses)
    status = bench.status.read()
    assert (status.state, status.synced_seq, status.last_commit) == (State.IDLE, 1, "c1")
    assert sum(pauses.seconds[:30]) >= 5


def test_while_a_bundle_is_open_the_state_is_waiting(bench: Bench) -> None:
    put(bench, "1")
    bench.run(script(Synced(0)), Pauses(3))
    assert bench.status.read().state is State.WAITING


def test_changes_of_different_objects_fill_a_bundle_not_one_written_over_and_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (bundle, worker):
        monkeypatch.setattr(module, "MOST_CHANGES", 3)
    for key in ("1", "1", "1", "1", "2"):
        put(bench, key)
    bench.run(script(Synced(0)), Pauses(2))
    assert bench.status.read().state is State.WAITING
    put(bench, "3")
    bench.run(script(Synced(0), Synced(6, "c1", "two added")), Pauses(2))
    assert bench.status.read().synced_seq == 6


def test_a_transient_failure_is_retried_further_and_further_apart(bench: Bench) -> None:
    seconds = bench.run(never(Transient("no route", hint="wait")), Pauses(9))
    assert seconds == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    status = bench.status.read()
    assert (status.state, status.error, status.hint) == (State.RETRYING, "no route", "wait")


def test_a_blocked_cycle_says_so_and_looks_again_every_half_minute(bench: Bench) -> None:
    assert bench.run(never(Blocked("the token was refused", hint="renew it")), Pauses(3)) == [30, 30, 30]
    assert bench.status.read().state is State.BLOCKED


def test_success_after_failures_clears_the_error(bench: Bench) -> None:
    bench.run(script(Transient("no route", hint="wait"), Synced(0)), Pauses(3))
    status = bench.status.read()
    assert (status.state, status.error, status.hint) == (State.IDLE, None, None)


def test_a_rejected_push_is_planned_again_at_once(bench: Bench) -> None:
    put(bench, "1")
    seconds = bench.run(
        script(Rejected("moved", hint="again"), Rejected("moved", hint="again"), Synced(1, "c1", "s")), Pauses(1)
    )
    assert seconds == [0.0]
    assert bench.status.read().synced_seq == 1


def test_a_branch_that_always_moves_makes_the_worker_back_off(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    assert bench.run(never(Rejected("moved to 1a2b", hint="again")), Pauses(1)) == [1]
    error = bench.status.read().error or ""
    assert "moved 20 times" in error
    assert "moved to 1a2b" in error


def test_a_failure_nobody_foresaw_is_told_and_retried(bench: Bench) -> None:
    assert bench.run(never(ValueError("s3cret")), Pauses(1)) == [1]
    status = bench.status.read()
    assert (status.state, status.error) == (State.RETRYING, "unexpected ValueError")


def test_a_full_disk_needs_a_person(bench: Bench) -> None:
    bench.run(never(OSError(28, "No space left on device")), Pauses(1))
    assert bench.status.read().state is State.BLOCKED


def test_what_is_still_waiting_after_a_bundle_is_told(bench: Bench) -> None:
    put(bench, "1")
    put(bench, "2")
    bench.run(script(Synced(1, "c1", "s")), Pauses(1))
    assert bench.status.read().state is State.WAITING


def test_a_branch_that_is_yet_to_be_made_is_told_once(bench: Bench) -> None:
    put(bench, "1")
    cycle = script(Synced(0, made_from="main"), Synced(0, made_from="main"), Synced(1, "c1"))
    with structlog.testing.capture_logs() as logs:
        bench.run(cycle, Pauses(80, bench.clock.pass_s))
    assert bench.status.read().synced_seq == 1
    assert [line["made_from"] for line in logs if "the first commit makes it" in line["event"]] == ["main"]


def test_a_cycle_that_fails_after_it_read_the_branch_tells_how_far_the_branch_is(bench: Bench) -> None:
    bench.status.write(SyncStatus(synced_seq=6))
    bench.facts = Facts(position=lambda: 4)
    bench.run(never(Transient("no route to the remote", hint="wait")), Pauses(1))
    assert bench.status.read().synced_seq == 4


def test_where_nothing_was_ever_pushed_all_changes_wait_from_the_start(bench: Bench) -> None:
    bench.facts = Facts(position=lambda: 0)
    bench.run(never(Blocked("the token was refused", hint="renew it")), Pauses(1))
    assert bench.status.read().synced_seq == 0


def test_until_the_branch_was_read_nothing_is_said_of_how_far_it_is(bench: Bench) -> None:
    bench.run(never(Blocked("the token was refused", hint="renew it")), Pauses(1))
    assert bench.status.read().synced_seq is None


def test_while_changes_are_collected_the_status_says_until_when_and_why(bench: Bench) -> None:
    put(bench, "1")
    bench.run(script(Synced(0)), Pauses(3))
    status = bench.status.read()
    assert status.next_commit_at == iso(bench.clock.now() + timedelta(seconds=5))
    assert "nothing has changed for 5 s" in (status.reason or "")


def test_a_used_up_budget_is_told_and_a_restarted_worker_knows_it(bench: Bench) -> None:
    full_at = bench.clock.now() + 10 * REFILL
    bench.status.write(SyncStatus(budget_full_at=iso(full_at)))
    put(bench, "1")
    bench.run(script(Synced(0)), Pauses(3), BundleRules())
    status = bench.status.read()
    assert status.next_commit_at == iso(bench.clock.now() + REFILL)
    assert "budget of 10 commits" in (status.reason or "")


def test_a_commit_is_taken_from_the_budget_unless_a_setting_says_how_long_a_bundle_stays_open(bench: Bench) -> None:
    put(bench, "1")
    bench.run(script(Synced(1, "c1")), Pauses(1), BundleRules())
    assert bench.status.read().budget_full_at == iso(bench.clock.now() + REFILL)
    bench.run(script(Synced(1, "c2")), Pauses(1))
    assert bench.status.read().budget_full_at is None


def test_after_a_failure_the_status_says_when_it_is_tried_again(bench: Bench) -> None:
    bench.run(never(Blocked("the token was refused", hint="renew it")), Pauses(1))
    assert bench.status.read().next_commit_at == iso(bench.clock.now() + timedelta(seconds=30))


def test_the_status_says_that_the_branch_is_yet_to_be_made_until_it_is(bench: Bench) -> None:
    put(bench, "1")
    bench.run(script(Synced(0, made_from="main")), Pauses(2))
    assert bench.status.read().made_from == "main"
    bench.run(script(Synced(1, "c1")), Pauses(1))
    assert bench.status.read().made_from is None


def test_a_wish_commits_at_once_what_waits_and_all_of_it(bench: Bench) -> None:
    for key in "12345":
        put(bench, key)
    wishes = iter([True])
    bench.facts = Facts(is_wished=lambda: next(wishes, False))
    pauses = Pauses(4)
    bench.run(script(Synced(0), Synced(3, "c1"), Synced(5, "c2")), pauses, BundleRules(quiet_s=3600))
    assert bench.status.read().synced_seq == 5
    assert pauses.seconds[:3] == [0.0, 0.0, 0.0]


def test_a_wish_with_nothing_waiting_looks_at_the_branch_once(bench: Bench) -> None:
    wishes = iter([True])
    bench.facts = Facts(is_wished=lambda: next(wishes, False))
    bench.run(script(Synced(0), Synced(0)), Pauses(5))
    assert bench.status.read().state is State.IDLE


def test_a_wish_tries_a_blocked_sync_again_at_once(bench: Bench) -> None:
    put(bench, "1")
    bench.facts = Facts(is_wished=lambda: True)
    bench.run(script(Blocked("the token was refused", hint="renew it"), Synced(1, "c1")), Pauses(2))
    assert bench.status.read().synced_seq == 1


def test_a_status_that_cannot_be_written_does_not_end_the_worker_and_is_written_later(
    bench: Bench, tmp_path: Path
) -> None:
    in_the_way = (tmp_path / FILE_NAME).with_suffix(".tmp")
    in_the_way.mkdir()
    left = iter([3])

    def make_room(_: float) -> None:
        if next(left, None):
            in_the_way.rmdir()

    bench.run(script(Synced(0)), Pauses(4, make_room))
    assert bench.status.read() == SyncStatus(State.IDLE, 0, last_sync_at=iso(bench.clock.now()))


def test_stopping_ends_the_worker(bench: Bench) -> None:
    stop = Event()
    stop.set()
    Worker(bench.store, script(Synced(0)), bench.status, BundleRules(), bench.clock).run(stop)
    assert bench.status.read().state is State.IDLE
