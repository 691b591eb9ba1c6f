"""Commits that the default settings make in a simulated day of 8 hours, and how long annotations take to the branch.

It is the worker itself, with a clock that runs fast and a cycle of one second.
"""

from __future__ import annotations

import logging
from pathlib import Path

import structlog

import rig  # noqa: F401 - finds the tests
from rig.table import Line, Scale, Target, run_alone
from tests.unit.sync.days import EVERY_20_S, HOUR_S, Day, every


def measure(_: Scale, folder: Path) -> list[Line]:
    """Return two lines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    workday = every(EVERY_20_S, 5, 8 * HOUR_S)
    day = Day(folder, [*workday, workday[-1] + HOUR_S])
    day.run(10 * HOUR_S)
    commits, after_quiet_s = len(day.commits_s) - 1, day.delays_s()[-1]
    paces = {name: Day(folder / name, every(pace_s, 5, 8 * HOUR_S)) for name, pace_s in (("1 s", 1), ("5 min", 300))}
    for name, other in paces.items():
        (folder / name).mkdir()
        other.run(9 * HOUR_S)
    figures = ", ".join(f"every {name} {len(other.commits_s)}" for name, other in paces.items())
    return [
        Target(most=70).line(
            "commits in 8 hours, an annotation every 20 s", f"{commits}; {figures}", commits, f"{commits}"
        ),
        Target(most=15, words="s").line(
            "the first annotation after an hour of quiet",
            "from the save to the branch",
            after_quiet_s,
            f"{after_quiet_s:.1f} s",
        ),
    ]


if __name__ == "__main__":
    run_alone(measure, __doc__)
