"""From starting the process to the first answer that it is ready: with many objects against none, in turn, medians."""

from __future__ import annotations

import time
from pathlib import Path

from rig.filled import fill_store
from rig.servers import NO_SYNC, serve_ours
from rig.table import Line, Scale, Target, by_turns, median, run_alone

ROUNDS = 5


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return one line."""
    many = scale.choose(30_000, 100_000, 1_000_000)
    fill_store(folder / "many" / "objects", (f"reviews/{number}" for number in range(many)))
    for name in ("none", "many"):  # what only a first start makes
        _start_s(folder / name)
    none, full = by_turns(ROUNDS, lambda: _start_s(folder / "none"), lambda: _start_s(folder / "many"))
    none_s, many_s = median(none), median(full)
    figures = f"{many:,} objects {many_s:.2f} s, none {none_s:.2f} s"
    target = Target(most=1.2, words="x with none (target is for 1,000,000)")
    return [target.line("start to ready", figures, many_s / none_s)]


def _start_s(folder: Path) -> float:
    settings = {**NO_SYNC, "GIT_REPO": str(folder / "team" / "team.git")} if (folder / "team").exists() else NO_SYNC
    began_s = time.perf_counter()
    with serve_ours(folder, settings):
        return time.perf_counter() - began_s


if __name__ == "__main__":
    run_alone(measure, __doc__)
