"""When the waiting changes become a commit.

Every commit costs the team's later pulls, so without settings there is a budget: some commits at once, for a person who
tries it or a small team, and then one after each refill. The budget is one time, that at which it is full again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dvc_sync_s3.store.model import Waiting

BURST = 10
"""How many commits a full budget allows at once."""

REFILL = timedelta(seconds=500)
"""How long it takes until one more commit is allowed: a day of 8 hours has 67, and no change waits for 10 minutes."""

MOST_CHANGES = 10_000
"""As many as a cycle takes: to let so many wait for more would save no commit."""

_QUIET = timedelta(seconds=2)
_LONGEST = timedelta(seconds=10)
_MAX_PER_QUIET = 10


@dataclass(frozen=True, slots=True)
class BundleRules:
    """What the settings say; None leaves it to the budget (`quiet_s`, `max_s`) or never applies (`countdown`)."""

    quiet_s: float | None = None
    max_s: float | None = None
    countdown: int | None = None

    @property
    def has_budget(self) -> bool:
        """Whether commits are counted: not where a setting says how long a bundle stays open."""
        return self.quiet_s is None


@dataclass(frozen=True, slots=True)
class NextCommit:
    """When the waiting changes are committed if nothing more changes, and why not before."""

    at: datetime
    reason: str


def next_commit(rules: BundleRules, waiting: Waiting, now: datetime, full_at: datetime | None) -> NextCommit | None:
    """Return when the bundle closes, None if nothing waits; `full_at` is when the budget is full again."""
    if waiting.first_at is None or waiting.last_at is None:
        return None
    if waiting.count >= (MOST_CHANGES if rules.countdown is None else min(rules.countdown, MOST_CHANGES)):
        return NextCommit(now, "so many changes wait that they are committed now")
    if now < waiting.last_at:  # it can't tell how long to wait, and would for as long as it was set back
        return NextCommit(now, "the clock was set back, so what waits is committed now")
    quiet = _QUIET if rules.quiet_s is None else timedelta(seconds=rules.quiet_s)
    longest = _longest(rules, quiet)
    collected = NextCommit(
        min(waiting.last_at + quiet, waiting.first_at + longest),
        f"collecting changes: a commit is due when nothing has changed for {_in_words(quiet)},"
        f" {_in_words(longest)} after the first change at the latest",
    )
    if not rules.has_budget or (allowed_at := _allowed_at(full_at, now)) <= max(collected.at, now):
        return collected
    if rules.max_s is not None and waiting.first_at + longest < allowed_at:
        return NextCommit(max(collected.at, waiting.first_at + longest), collected.reason)
    return NextCommit(
        allowed_at,
        f"the budget of {BURST} commits at once is used up: until it has grown again,"
        f" there is one commit every {_in_words(REFILL)}",
    )


def spent(full_at: datetime | None, now: datetime) -> datetime:
    """Return when the budget is full again after a commit of now; a debt is never more than the whole budget.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> print(spent(None, noon), spent(spent(None, noon), noon))
    2026-11-23 12:08:20+00:00 2026-11-23 12:16:40+00:00
    """
    return min(max(full_at or now, now) + REFILL, now + BURST * REFILL)


def _allowed_at(full_at: datetime | None, now: datetime) -> datetime:
    """Return when the next commit is allowed: a time further away than a refill is of a clock that was set back."""
    return now if full_at is None else min(full_at - (BURST - 1) * REFILL, now + REFILL)


def _longest(rules: BundleRules, quiet: timedelta) -> timedelta:
    if rules.max_s is not None:
        return timedelta(seconds=rules.max_s)
    return _LONGEST if rules.has_budget else _MAX_PER_QUIET * quiet


def _in_words(time: timedelta) -> str:
    """Write a time.

    >>> _in_words(timedelta(seconds=500)), _in_words(timedelta(seconds=120)), _in_words(timedelta(seconds=0.5))
    ('8 min 20 s', '2 min', '0.5 s')
    """
    minutes, seconds = divmod(time.total_seconds(), 60)
    parts = (f"{minutes:.0f} min" if minutes else "", f"{seconds:g} s" if seconds or not minutes else "")
    return " ".join(part for part in parts if part)
