"""One changed annotation in a dataset that is one JSON file: a whole cycle, push included, by the sync's own log.

Its bound is the time to hash and write the same file once. Local DVC remote, Git repository in a folder.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import ExitStack
from pathlib import Path

from rig.annotations import write_array
from rig.syncing import syncing
from rig.table import Line, Scale, Target, by_turns, median, run_alone
from rig.team import ARRAY, make_team

ROUNDS = 5
FEW = 10_000


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return a line for the time and one for the memory."""
    sizes = (scale.choose(2_000, FEW, FEW), scale.choose(10_000, 100_000, 100_000))
    with ExitStack() as running:
        few, many = (
            running.enter_context(
                syncing(folder / str(size), str(make_team(folder / f"team-{size}", ARRAY, size).bare), ARRAY, size)
            )
            for size in sizes
        )
        file = folder / "data.json"
        write_array(file, many.records)
        for one in (few, many):
            one.reset_peak()
        cycles_ms, _, once_ms = by_turns(scale.rounds(ROUNDS), many.change_one, few.change_one, lambda: _once_ms(file))
        few_mb, many_mb = few.peak_mb(), many.peak_mb()
    cycle, once = median(cycles_ms), median(once_ms)
    size_mb = file.stat().st_size / 1e6
    figures = f"{many.records:,} records ({size_mb:.0f} MB): {cycle:.0f} ms; to hash and write it once {once:.0f} ms"
    memory = f"the sync's peak {many_mb:.0f} MB at {many.records:,} records, {few_mb:.0f} MB at {few.records:,}"
    return [
        Target(most=2, words="x hash and write").line("one change, one JSON file", figures, cycle / once),
        Target(most=1.25, words="x: independent of its size").line(
            "one change, one JSON file", memory, many_mb / few_mb
        ),
    ]


def _once_ms(file: Path) -> float:
    copy = file.with_suffix(".copy")
    began_s = time.perf_counter()
    digest = hashlib.md5(usedforsecurity=False)
    with file.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            target.write(chunk)
    took_ms = (time.perf_counter() - began_s) * 1e3
    os.unlink(copy)
    return took_ms


if __name__ == "__main__":
    run_alone(measure, __doc__)
