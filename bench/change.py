"""One changed annotation, and a hundred, in a dataset that is a folder: whole cycles, pushes included, in turn.

Against 10,000 records, and against the script `dvc add && dvc push && git commit && git push` on one file for each
annotation. Local DVC remote, Git repository in a folder; durations are of the sync's own log.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from rig.syncing import Syncing, syncing
from rig.table import Line, Scale, Target, by_turns, median, run_alone
from rig.team import FOLDER, bytes_below, make_team, one_file_for_each

ROUNDS = 5
FEW = 10_000
SCATTERED = 100


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return the lines."""
    sizes = (scale.choose(2_000, FEW, FEW), scale.choose(10_000, 100_000, 1_000_000))
    teams = [make_team(folder / f"team-{size}", FOLDER, size) for size in sizes]
    with ExitStack() as running:
        few, many = (
            running.enter_context(syncing(folder / str(size), str(team.bare), FOLDER, size))
            for size, team in zip(sizes, teams, strict=True)
        )
        remote = folder / f"team-{sizes[1]}" / "dvc-remote"
        before = bytes_below(remote)
        few_ms, one_ms = (median(values) for values in by_turns(scale.rounds(ROUNDS), few.change_one, many.change_one))
        sent_mb = (bytes_below(remote) - before) / 1e6 / scale.rounds(ROUNDS)
        scattered = by_turns(scale.rounds(ROUNDS), many.change_one, lambda: _scattered(many))
    single_ms, hundred_ms = (median(values) for values in scattered)
    count = many.records
    figures = f"{count:,} records {one_ms:.0f} ms, {few.records:,} records {few_ms:.0f} ms"
    hundred = f"{count:,} records: {SCATTERED} scattered {hundred_ms:.0f} ms, one {single_ms:.0f} ms"
    words = f"x at {FEW:,} (target is for 1,000,000)"
    return [
        Target(most=1.5, words=words).line("one change, folder, local remote, file Git", figures, one_ms / few_ms),
        Target(most=4, words="MB uploaded").line("the same", f"{count:,} records", sent_mb, f"{sent_mb:.2f} MB"),
        Target(most=20, words="x one").line("100 changes, folder", hundred, hundred_ms / single_ms),
        *_against_the_script(folder, scale.choose(1_000, count, count), one_ms),
    ]


def _scattered(many: Syncing) -> float:
    step = many.records // SCATTERED
    return many.change([step * number + step // 2 for number in range(SCATTERED)])


def _against_the_script(folder: Path, records: int, ours_ms: float) -> list[Line]:
    script_ms = one_file_for_each(folder / "script", records)() * 1e3
    least = 1000 if records >= 1_000_000 else 200
    target = Target(least=least, words="x faster than the script", is_judged=records >= 100_000)
    figures = f"{ours_ms:.0f} ms; the script at {records:,} files {script_ms / 1e3:.1f} s (once)"
    return [target.line("one change, folder", figures, script_ms / ours_ms, f"{script_ms / ours_ms:,.0f} x")]


if __name__ == "__main__":
    run_alone(measure, __doc__)
