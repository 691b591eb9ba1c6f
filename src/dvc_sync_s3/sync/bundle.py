"""When the waiting changes become a commit.

Every commit costs the team's later pulls, so without settings the spacing adapts: the first change after a quiet time
is committed within seconds; with each commit of the last while the next one keeps longer for more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dvc_sync_s3.store.model import Waiting

MEMORY = timedelta(minutes=45)
"""How long a commit keeps the later ones apart. Shorter than an hour: what waits when the last annotator leaves is
committed up to ten minutes later, and an hour after the last annotation the next is to be committed at once."""

MOST_CHANGES = 10_000
"""As many as a cycle takes: to let so many wait for more would save no commit."""

_FIRST_QUIET_S = 2.0
_GROWTH = 3.0
_MAX_PER_QUIET = 10
_LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class BundleRules:
    """What the settings say; None adapts (`quiet_s`, `max_s`) or never applies (`countdown`)."""

    quiet_s: float | None = None
    max_s: float | None = None
    countdown: int | None = None


def wait_s(rules: BundleRules, waiting: Waiting, now: datetime, recent_commits: int) -> float | None:
    """Return how long the bundle stays open if nothing more changes: 0 to close it now, None if nothing waits."""
    if waiting.first_at is None or waiting.last_at is None:
        return None
    if waiting.count >= (MOST_CHANGES if rules.countdown is None else min(rules.countdown, MOST_CHANGES)):
        return 0.0
    quiet_s = adaptive_quiet_s(recent_commits) if rules.quiet_s is None else rules.quiet_s
    max_s = _max_s(rules, quiet_s)
    since_last_s = (now - waiting.last_at).total_seconds()
    since_first_s = (now - waiting.first_at).total_seconds()
    if since_last_s < 0:
        return 0.0  # the clock was set back: it can't tell how long to wait, and would for as long as it was set back
    return max(0.0, min(quiet_s - since_last_s, max_s - since_first_s))


def adaptive_quiet_s(recent_commits: int) -> float:
    """Return the quiet time after which a bundle closes when no setting says so.

    >>> [adaptive_quiet_s(commits) for commits in range(7)]
    [2.0, 6.0, 18.0, 54.0, 162.0, 486.0, 600.0]
    >>> adaptive_quiet_s(10_000)
    600.0
    """
    return min(_LONGEST_S, _FIRST_QUIET_S * _GROWTH ** min(recent_commits, 10))


def _max_s(rules: BundleRules, quiet_s: float) -> float:
    if rules.max_s is not None:
        return rules.max_s
    max_s = _MAX_PER_QUIET * quiet_s
    return min(_LONGEST_S, max_s) if rules.quiet_s is None else max_s
