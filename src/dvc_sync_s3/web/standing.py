"""What people are told of the service, put together from the store, the worker's own words and its process.

Any of the service's processes may be asked, so it rests on files and on the store, never on the memory of one process.
"""

from __future__ import annotations

import signal
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dvc_sync_s3.errors import Blocked, SyncError, Transient
from dvc_sync_s3.sync.claims import Warned
from dvc_sync_s3.sync.lifetime import Lifetime
from dvc_sync_s3.sync.pulse import Beat
from dvc_sync_s3.sync.status import State, SyncStatus, time_of

SILENT_AFTER = timedelta(seconds=10)
"""Without a beat for so long, a worker that beats each second was stopped or hangs."""

START_TAKES = timedelta(seconds=60)
"""How long the first beat after a start may take: DVC is imported before it."""
_MOST_DEATHS = 3
_KILLED = -9


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known; times of files in ISO 8601, UTC, to the millisecond."""

    now: datetime
    status: SyncStatus
    told_at: str | None
    """When the worker last wrote its status."""
    beat: Beat | None
    lifetime: Lifetime | None
    store_trouble: SyncError | None
    last_seq: int | None = None
    pending: int | None = None
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreTold:
    """Whether saves are taken; if not, why, and what to do."""

    takes_saves: bool
    error: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class WorkerTold:
    """The process that syncs: whether it lives, what it does since when, and how often it died in a row."""

    alive: bool
    pid: int | None
    beat_at: str | None
    step: str | None
    step_since: str | None
    deaths: int
    died_at: str | None
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is told: the sync's status, corrected by what it can't know of itself."""

    status: SyncStatus
    last_seq: int | None
    pending: int | None
    warnings: tuple[Warned, ...]
    store: StoreTold
    worker: WorkerTold
    ready_trouble: SyncError | None
    """Why the service isn't ready, None if it is."""

    def as_json(self) -> dict[str, Any]:
        """Return what `/-/status.json` answers."""
        told = asdict(replace(self, ready_trouble=None))
        del told["ready_trouble"]
        return {**told.pop("status"), **told}


def standing(evidence: Evidence) -> Standing:
    """Decide what is told: trouble of the store first, then of the worker's process, then the sync's own words."""
    worker_trouble = trouble_of_worker(evidence)
    store_trouble = evidence.store_trouble
    trouble = store_trouble or worker_trouble
    status = _with_step(evidence.status, evidence.beat)
    if status.state is State.IDLE and (evidence.told_at is None or status.synced_seq is None):
        status = replace(status, state=State.SYNCING, reason="the branch is yet to be read")
    elif status.state is State.IDLE and evidence.pending:  # the worker looks five times a second
        status = replace(status, state=State.WAITING)
    if trouble is not None:
        state = State.BLOCKED if isinstance(trouble, Blocked) else State.RETRYING
        status = replace(status, state=state, error=str(trouble), hint=trouble.hint)
    deaths = 0 if evidence.lifetime is None else evidence.lifetime.deaths
    is_lasting = _is_silent(evidence) or deaths > 1
    return Standing(
        status,
        evidence.last_seq,
        evidence.pending,
        evidence.warnings,
        _store_told(store_trouble),
        _worker_told(evidence, worker_trouble),
        store_trouble or (worker_trouble if is_lasting else None),
    )


def trouble_of_worker(evidence: Evidence) -> SyncError | None:
    """Return what is wrong with the worker's process: it died and no cycle ended since, or it gives no sign of life."""
    life = evidence.lifetime
    if life is None:
        return None
    if not _has_died(evidence):
        return _silence(evidence) if _is_silent(evidence) else None
    said = evidence.status
    told_itself = evidence.told_at is not None and evidence.told_at >= (life.dead_started_at or "")
    if told_itself and said.error is not None:
        kind = Blocked if said.state is State.BLOCKED else Transient
        return kind(said.error, hint=said.hint or "Read the service's log.")
    times = "" if life.deaths == 1 else f" {life.deaths} times in a row"
    kind = Blocked if life.deaths >= _MOST_DEATHS else Transient
    return kind(f"the sync's process ended{times}, {_how(life.exit_code)}", hint=_remedy(life.exit_code))


def _has_died(evidence: Evidence) -> bool:
    """Tell whether the worker died and hasn't come as far as the end of a cycle since."""
    life, beat = evidence.lifetime, evidence.beat
    if life is None or life.died_at is None:
        return False
    return beat is None or beat.cycle_ended_at is None or beat.cycle_ended_at <= life.died_at


def _is_silent(evidence: Evidence) -> bool:
    life, beat = evidence.lifetime, evidence.beat
    if life is None or _has_died(evidence):
        return False
    has_begun = beat is not None and beat.at >= life.started_at
    return _silent_for(evidence) > (SILENT_AFTER if has_begun else START_TAKES)


def _silent_for(evidence: Evidence) -> timedelta:
    """Return how long ago the last sign was; one of a time to come is of a clock that was set back."""
    life, beat = evidence.lifetime, evidence.beat
    signs = [sign for sign in (life and life.started_at, beat and beat.at) if sign]
    last = time_of(max(signs, default=None))
    return timedelta() if last is None else abs(evidence.now - last)


def _silence(evidence: Evidence) -> SyncError:
    seconds = round(_silent_for(evidence).total_seconds())
    pid = "" if evidence.beat is None else f" {evidence.beat.pid}"
    return Blocked(
        f"the sync's process{pid} has given no sign of life for {seconds} s: it was stopped, or it hangs",
        hint=f"If someone stopped it, let it go on (`kill -CONT{pid}`); else restart the service.",
    )


def _how(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"with exit code {exit_code}"
    try:
        return f"by signal {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"by signal {-exit_code}"


def _remedy(exit_code: int | None) -> str:
    if exit_code == _KILLED:
        return "Someone ended it, or the system did for lack of memory: its log says so. It is started again by itself."
    return "The service's log says why. It is started again by itself."


def _with_step(status: SyncStatus, beat: Beat | None) -> SyncStatus:
    if status.state is not State.SYNCING or beat is None or beat.step is None:
        return status
    return replace(status, reason=f"a sync runs: {beat.step}, since {beat.step_since}")


def _store_told(trouble: SyncError | None) -> StoreTold:
    if trouble is None:
        return StoreTold(takes_saves=True, error=None, hint=None)
    return StoreTold(takes_saves=False, error=str(trouble), hint=trouble.hint)


def _worker_told(evidence: Evidence, trouble: SyncError | None) -> WorkerTold:
    beat, life = evidence.beat, evidence.lifetime
    return WorkerTold(
        alive=beat is not None and trouble is None,
        pid=None if beat is None else beat.pid,
        beat_at=None if beat is None else beat.at,
        step=None if beat is None else beat.step,
        step_since=None if beat is None else beat.step_since,
        deaths=0 if life is None else life.deaths,
        died_at=None if life is None else life.died_at,
        exit_code=None if life is None else life.exit_code,
    )
