"""How the sync is doing, written by the worker and read by whoever asks.

A small file beside the store, replaced whole. It decides nothing but how far apart the next commits are: when it is
lost, they are as close as after a quiet time. It names the target that it is about: what was read of another branch or
repository is no news of this one.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

FILE_NAME = "sync-status.json"


class State(StrEnum):
    """What the worker is doing."""

    IDLE = "idle"
    WAITING = "waiting"
    SYNCING = "syncing"
    RETRYING = "retrying"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """The worker's own view; times in ISO 8601, UTC."""

    state: State = State.IDLE
    synced_seq: int | None = None
    """None until the branch was read."""
    last_commit: str | None = None
    last_sync_at: str | None = None
    error: str | None = None
    hint: str | None = None
    skipped: int = 0
    reason: str | None = None
    """Why nothing is committed now."""
    next_commit_at: str | None = None
    """When the next cycle is due if nothing more changes."""
    made_from: str | None = None
    """The branch from which the next commit makes ours; None if ours is there, or wasn't read yet."""
    budget_full_at: str | None = None
    """When the budget of commits is full again; a restart must not forget how busy the day is."""


class StatusFile:
    """The status on disk of the sync to `target`; a missing or torn file reads as a fresh status."""

    def __init__(self, folder: Path, target: str) -> None:
        """Tell of the repository and branch that `target` names, whatever text does."""
        self._path = folder / FILE_NAME
        self._target = target

    def write(self, status: SyncStatus) -> None:
        """Replace the status."""
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps({**asdict(status), "target": self._target}), encoding="utf-8")
        os.replace(temporary, self._path)

    def read(self) -> SyncStatus:
        """Return the last status written; of another target only what isn't about it."""
        try:
            fields = json.loads(self._path.read_text(encoding="utf-8"))
            target = fields.pop("target")
            state = State(fields["state"])
            status = SyncStatus(**{**fields, "state": state})
            time_of(status.budget_full_at)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return SyncStatus()
        return status if target == self._target else _of_another_target(status)

    def told_at(self) -> str | None:
        """Return when it was last written (ISO 8601, UTC, to the millisecond), None if never."""
        try:
            return iso_ms(datetime.fromtimestamp(self._path.stat().st_mtime, UTC))
        except OSError:
            return None


def _of_another_target(status: SyncStatus) -> SyncStatus:
    return replace(SyncStatus(State.SYNCING), skipped=status.skipped, budget_full_at=status.budget_full_at)


def time_of(text: str | None) -> datetime | None:
    """Read a time as the status has it; raise ValueError or TypeError for anything else."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def iso_ms(time: datetime) -> str:
    """Write a time to the millisecond, so that texts have the order of their times.

    >>> from datetime import UTC
    >>> iso_ms(datetime(2026, 11, 23, 1, 2, 3, 4000, tzinfo=UTC))
    '2026-11-23T01:02:03.004+00:00'
    """
    return time.isoformat(timespec="milliseconds")


def iso(time: datetime) -> str:
    """Write a time to the second.

    >>> from datetime import UTC
    >>> iso(datetime(2026, 11, 23, 1, 2, 3, 4, tzinfo=UTC))
    '2026-11-23T01:02:03+00:00'
    """
    return time.isoformat(timespec="seconds")
