"""Resident memory of all of the service's processes, with many objects and records: at rest, and during syncs."""

from __future__ import annotations

import threading
from pathlib import Path

from rig.filled import fill_store
from rig.syncing import Syncing, syncing
from rig.table import Line, Scale, Target, run_alone
from rig.team import best_dataset, make_team

ROUNDS = 5
SCATTERED = 100
_PAUSE_S = 0.005


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return a line for each."""
    count = scale.choose(10_000, 100_000, 1_000_000)
    dataset = best_dataset()
    fill_store(folder / "service" / "objects", (f"reviews/{number}" for number in range(1, count + 1)))
    team = make_team(folder / "team", dataset, count)
    with syncing(folder / "service", str(team.bare), dataset, count) as service:
        idle_mb = service.server.resident_mb()
        peak_mb = _most_while_syncing(service)
    what = f"resident memory, all processes, {count:,} objects and records, {dataset}"
    return [
        Target(most=350, words="MB").line(what, "at rest, after two syncs", idle_mb, f"{idle_mb:.0f} MB"),
        Target(most=500, words="MB").line(
            what, f"the most during syncs of one and of {SCATTERED} changes", peak_mb, f"{peak_mb:.0f} MB"
        ),
    ]


def _most_while_syncing(service: Syncing) -> float:
    done = threading.Event()
    seen_mb: list[float] = []

    def watch() -> None:
        while not done.wait(_PAUSE_S):
            seen_mb.append(service.server.resident_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        for _ in range(ROUNDS):
            service.change_one()
        service.change(range(1, service.records + 1, service.records // SCATTERED))
    finally:
        done.set()
        thread.join()
    return max(seen_mb)


if __name__ == "__main__":
    run_alone(measure, __doc__)
