"""What the service's folder takes on the disk when everything is synced: objects, index, ledger, clone and cache.

Annotations of 3 KB are saved one by one, all of them are synced, and then single ones are changed, so that old versions
had time to pile up. The service still runs when the disk is looked at, and has rested for some seconds. The DVC remote
isn't part of it.
"""

from __future__ import annotations

import time
from pathlib import Path

from rig.annotations import save_all
from rig.syncing import syncing
from rig.table import Line, Scale, Target, run_alone
from rig.team import allocated_below, best_dataset, bytes_below, make_team

LATER_CHANGES = 10
REST_S = 8


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return a line for the whole and one for the old versions."""
    count = scale.choose(2_000, 20_000, 100_000)
    dataset = best_dataset()
    team = make_team(folder / "team", dataset, 0)
    with syncing(folder / "service", str(team.bare), dataset, 0, {"BUNDLE_QUIET_SECONDS": "1"}) as service:
        saved = save_all(service.server.port, count)
        service.wait_until_synced()
        service.records = count
        before = bytes_below(folder / "service" / "git")
        for _ in range(scale.rounds(LATER_CHANGES)):
            service.change_one()
        grown = bytes_below(folder / "service" / "git") - before
        time.sleep(scale.rounds(REST_S))
        taken, sizes = allocated_below(folder / "service"), bytes_below(folder / "service")
    figures = (
        f"{count:,} annotations, {saved / 1e6:.0f} MB: {taken / 1e6:.0f} MB allocated, {sizes / 1e6:.0f} MB in files"
    )
    versions = f"{LATER_CHANGES} later changes: clone and cache grew by {grown / 1e6:.1f} MB"
    return [
        Target(most=3, words="x the annotations' bytes", is_judged=count >= 20_000).line(
            f"disk at rest, {dataset}", figures, taken / saved
        ),
        Target(most=1, words="x the annotations' bytes").line("old versions in the cache", versions, grown / saved),
    ]


if __name__ == "__main__":
    run_alone(measure, __doc__)
