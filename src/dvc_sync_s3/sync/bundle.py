"""When the waiting changes become a commit.

Every commit costs the team's later pulls, so without settings the spacing adapts: quick after a quiet time,
further apart the more commits the last hour has seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dvc_sync_s3.store.model import Waiting

_QUIET_S = 2.0
_LONGEST_QUIET_S = 60.0
_MAX_PER_QUIET = 10


@dataclass(frozen=True, slots=True)
class BundleRules:
    """What the settings say; None adapts (`quiet_s`, `max_s`) or never applies (`countdown`)."""

    quiet_s: float | None = None
    max_s: float | None = None
    countdown: int | None = None


def wait_s(rules: BundleRules, waiting: Waiting, now: datetime, commits_last_hour: int) -> float | None:
    """Return how long the bundle stays open if nothing more changes: 0 to close it now, None if nothing waits."""
    if waiting.first_at is None or waiting.last_at is None:
        return None
    if rules.countdown is not None and waiting.count >= rules.countdown:
        return 0.0
    quiet_s = adaptive_quiet_s(commits_last_hour) if rules.quiet_s is None else rules.quiet_s
    max_s = _MAX_PER_QUIET * quiet_s if rules.max_s is None else rules.max_s
    since_last_s = (now - waiting.last_at).total_seconds()
    since_first_s = (now - waiting.first_at).total_seconds()
    if since_last_s < 0:
        return 0.0  # the clock was set back: it can't tell how long to wait, and would for as long as it was set back
    return max(0.0, min(quiet_s - since_last_s, max_s - since_first_s))


def adaptive_quiet_s(commits_last_hour: int) -> float:
    """Return the quiet time after which a bundle closes when no setting says so.

    >>> adaptive_quiet_s(0), adaptive_quiet_s(20), adaptive_quiet_s(1000)
    (2.0, 22.0, 60.0)
    """
    return min(_LONGEST_QUIET_S, _QUIET_S + commits_last_hour)
