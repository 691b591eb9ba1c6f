"""The worker: one cycle after the other, for as long as its server lives."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event
from typing import Protocol

import structlog

from dvc_sync_s3.clock import Clock
from dvc_sync_s3.errors import Blocked, Rejected, SyncError, Transient
from dvc_sync_s3.failures import explained
from dvc_sync_s3.store.model import Waiting
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.bundle import MOST_CHANGES, BundleRules, next_commit, spent
from dvc_sync_s3.sync.cycle import Synced
from dvc_sync_s3.sync.status import State, StatusFile, SyncStatus, iso, time_of

log = structlog.get_logger("sync")

_POLL_S = 0.2
_MOST_REJECTIONS = 20
_LONGEST_RETRY_S = 60.0
_BLOCKED_RETRY_S = 30.0


@dataclass(frozen=True, slots=True)
class Retry:
    """A failed cycle: what it ended with and how long to wait before the next."""

    error: SyncError
    pause_s: float


class Pauses(Protocol):
    """What the worker waits with; a threading.Event is one."""

    def wait(self, timeout: float, /) -> bool:
        """Wait for so many seconds at most; return whether the worker is to end."""
        ...


def _never() -> bool:
    return False


def _zero() -> int:
    return 0


def _nowhere() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the worker asks of its surroundings."""

    skipped: Callable[[], int] = _zero
    position: Callable[[], int | None] = _nowhere
    """Up to where the branch held our changes when a cycle last read it, whatever became of the cycle."""
    is_wished: Callable[[], bool] = _never
    """Whether a person asked for a sync since the last time."""


class Worker:
    """Watch the store and run cycles until `stop` is set."""

    def __init__(
        self,
        store: Reader,
        cycle: Callable[[], Synced],
        status: StatusFile,
        rules: BundleRules,
        clock: Clock,
        facts: Facts = Facts(),
    ) -> None:
        self._store = store
        self._cycle = cycle
        self._status_file = status
        self._rules = rules
        self._clock = clock
        self._facts = facts
        self._status = status.read()
        if self._status.synced_seq is None:
            self._status = replace(self._status, synced_seq=facts.position())
        self._is_told = True
        self._failures = 0
        self._wished_seq = 0
        self._made_from: str | None = None

    def run(self, stop: Pauses) -> None:
        """Sync now, to learn from the server how far the branch is, and then whenever a bundle closes."""
        pause_s = self._sync()
        while not stop.wait(pause_s):
            pause_s = self._next()

    def _next(self) -> float:
        """Do what is due; return how long to sleep."""
        if self._facts.is_wished():
            self._wished_seq = self._store.last_seq()
            return self._sync()
        if self._failures or (self._status.synced_seq or 0) < self._wished_seq:
            return self._sync()
        now = self._clock.now()
        due = next_commit(self._rules, self._waiting(), now, time_of(self._status.budget_full_at))
        if due is None:
            self._tell(State.IDLE, None, None)
            return _POLL_S
        if due.at <= now:
            return self._sync()
        self._tell(State.WAITING, due.reason, iso(due.at))
        return min((due.at - now).total_seconds(), _POLL_S)

    def _waiting(self) -> Waiting:
        """Return what waits, counted no further than the rules ask, as this is looked at all the time."""
        after = self._status.synced_seq or 0
        waiting = self._store.waiting(after, self._rules.countdown or 1)
        # Each has a seq of its own; those that newer ones replaced had, too.
        return waiting if waiting.last_seq - after < MOST_CHANGES else self._store.waiting(after, MOST_CHANGES)

    def _sync(self) -> float:
        started_s = self._clock.monotonic_s()
        if not self._failures:
            self._tell(State.SYNCING, "a sync runs", None)
        outcome = self._run_cycles()
        duration_ms = round((self._clock.monotonic_s() - started_s) * 1000)
        if isinstance(outcome, Retry):
            return self._failed(outcome, duration_ms)
        self._succeeded(outcome, duration_ms)
        return 0.0

    def _run_cycles(self) -> Synced | Retry:
        """Run a cycle, and again at once while others push first."""
        last = ""
        for rejections in range(_MOST_REJECTIONS):
            try:
                return self._cycle()
            except Rejected as error:
                last = str(error)
                pause_s = random.uniform(0, 0.05 * 2 ** min(rejections, 6))  # noqa: S311 - it only spreads retries
                Event().wait(pause_s)
            except Exception as error:
                if (reason := explained(error)) is None:
                    log.exception("unexpected failure")
                    reason = _unexpected(error)
                return self._retry(reason)
        return self._retry(_outrun(last))

    def _retry(self, error: SyncError) -> Retry:
        return Retry(error, _BLOCKED_RETRY_S if isinstance(error, Blocked) else retry_pause_s(self._failures + 1))

    def _succeeded(self, synced: Synced, duration_ms: int) -> None:
        self._failures = 0
        now = self._clock.now()
        status = replace(self._status, synced_seq=synced.seq, error=None, hint=None, skipped=self._facts.skipped())
        if synced.commit is not None:
            full_at = iso(spent(time_of(status.budget_full_at), now)) if self._rules.has_budget else None
            status = replace(status, last_commit=synced.commit, budget_full_at=full_at)
        if synced.made_from != self._made_from:
            self._made_from = synced.made_from
            if synced.made_from is not None:
                log.info("the branch is not there: the first commit makes it", made_from=synced.made_from)
        advanced = synced.commit is not None or synced.seq != self._status.synced_seq
        if advanced or status.last_sync_at is None:
            status = replace(status, last_sync_at=iso(now))
        if not advanced:
            self._wished_seq = 0
        else:
            log.info("sync", seq=synced.seq, commit=synced.commit, subject=synced.subject, duration_ms=duration_ms)
        is_more = self._store.waiting(synced.seq).count > 0
        state = State.WAITING if is_more else State.IDLE
        self._write(replace(status, state=state, reason=None, next_commit_at=None, made_from=synced.made_from))

    def _failed(self, retry: Retry, duration_ms: int) -> float:
        self._failures += 1
        state = State.BLOCKED if isinstance(retry.error, Blocked) else State.RETRYING
        log.warning(
            "sync failed",
            state=str(state),
            error=str(retry.error),
            hint=retry.error.hint,
            retry_in_s=round(retry.pause_s, 1),
            duration_ms=duration_ms,
        )
        position = self._facts.position()
        synced_seq = self._status.synced_seq if position is None else position
        retry_at = iso(self._clock.now() + timedelta(seconds=retry.pause_s))
        status = replace(self._status, synced_seq=synced_seq, reason="the last try failed", next_commit_at=retry_at)
        self._write(replace(status, state=state, error=str(retry.error), hint=retry.error.hint))
        return retry.pause_s

    def _tell(self, state: State, reason: str | None, next_commit_at: str | None) -> None:
        status = replace(self._status, state=state, reason=reason, next_commit_at=next_commit_at)
        if status != self._status or not self._is_told:
            self._write(status)

    def _write(self, status: SyncStatus) -> None:
        self._status = status
        self._is_told = False
        with suppress(OSError):  # whoever asks is told of the disk; it is tried again
            self._status_file.write(status)
            self._is_told = True


def _unexpected(error: Exception) -> SyncError:
    return Transient(f"unexpected {type(error).__name__}", hint="The log has the details; please report it.")


def _outrun(last: str) -> SyncError:
    return Transient(
        f"the branch moved {_MOST_REJECTIONS} times while this service tried to push; the last answer was: {last}",
        hint="Someone pushes to it all the time; a branch of its own (GIT_BRANCH) would help.",
    )


def retry_pause_s(failures: int) -> float:
    """Return how long to wait after so many failures in a row.

    >>> [retry_pause_s(failures) for failures in (1, 2, 3, 20)]
    [1.0, 2.0, 4.0, 60.0]
    """
    return min(_LONGEST_RETRY_S, 2.0 ** min(failures - 1, 10))
