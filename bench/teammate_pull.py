"""A teammate's `git pull && dvc pull` after one change of ours, in a clone that has everything else; in turn."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from rig.syncing import syncing
from rig.table import Line, Scale, Target, by_turns, median, run_alone
from rig.team import FOLDER, make_team, pull

ROUNDS = 5
FEW = 10_000


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return one line."""
    sizes = (scale.choose(2_000, FEW, FEW), scale.choose(10_000, 100_000, 1_000_000))
    with ExitStack() as running:
        few_s, many_s = (
            median(values)
            for values in by_turns(scale.rounds(ROUNDS), *(_pulls(running, folder, size) for size in sizes))
        )
    figures = f"{sizes[1]:,} records {many_s:.2f} s, {sizes[0]:,} records {few_s:.2f} s"
    target = Target(most=2, words=f"x at {FEW:,} (target is for 1,000,000)")
    return [target.line("a teammate's dvc pull after one change, folder", figures, many_s / few_s)]


def _pulls(running: ExitStack, folder: Path, size: int) -> Callable[[], float]:
    """Return what changes one annotation and then times a teammate's pull."""
    team = make_team(folder / f"team-{size}", FOLDER, size)
    service = running.enter_context(syncing(folder / str(size), str(team.bare), FOLDER, size))
    member = team.clone("dana")
    pull(member.folder, member.home)

    def change_and_pull() -> float:
        service.change_one()
        return pull(member.folder, member.home)

    return change_and_pull


if __name__ == "__main__":
    run_alone(measure, __doc__)
