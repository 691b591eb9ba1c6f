"""The table that a run prints: a line for each figure, with its target and whether it was met."""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class Scale(StrEnum):
    """How much is measured: as little as can be, in under 2 minutes, with up to 100,000 records, or up to a million."""

    TINY = "tiny"
    QUICK = "quick"
    NORMAL = "normal"
    FULL = "full"

    def choose(self, quick: int, normal: int, full: int) -> int:
        """Return the number for this scale; a tiny run takes a fiftieth of a quick one."""
        return {Scale.TINY: max(1, quick // 50), Scale.QUICK: quick, Scale.NORMAL: normal, Scale.FULL: full}[self]

    def rounds(self, usual: int) -> int:
        """Return how many rounds there are; in a tiny run, whose figures say nothing, one."""
        return 1 if self is Scale.TINY else usual


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `is_met` is None where the target is about more than this run measured."""

    what: str
    figures: str
    ratio: str
    target: str
    is_met: bool | None

    @property
    def verdict(self) -> str:
        """Return PASS, FAIL or, where nothing can be said, a dash."""
        return {True: "PASS", False: "FAIL", None: "-"}[self.is_met]


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a ratio or an amount; `is_judged` is False where a run is too small to tell."""

    most: float | None = None
    least: float | None = None
    words: str = ""
    is_judged: bool = True

    def line(self, what: str, figures: str, value: float, shown: str = "") -> Line:
        """Return the line that says whether `value` is within the bound."""
        bound = f"<= {self.most:g}" if self.most is not None else f">= {self.least:g}"
        is_met = (self.most is None or value <= self.most) and (self.least is None or value >= self.least)
        target = f"{bound} {self.words}".strip()
        return Line(what, figures, shown or f"{value:.2f} x", target, is_met if self.is_judged else None)


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def by_turns(rounds: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Run each of `measures` in turn, `rounds` times over, so that a noisy moment hits all of them; return each's."""
    found: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for values, measure in zip(found, measures, strict=True):
            values.append(measure())
    return found


def render(lines: Sequence[Line]) -> str:
    """Return the table in Markdown.

    >>> print(render([Line("PUT", "9,000/s", "5.00 x", ">= 4", True)]))
    | What | Measured | Ratio | Target | Verdict |
    |---|---|---|---|---|
    | PUT | 9,000/s | 5.00 x | >= 4 | PASS |
    """
    rows = [(line.what, line.figures, line.ratio, line.target, line.verdict) for line in lines]
    return "\n".join(
        f"| {' | '.join(row)} |" for row in [("What", "Measured", "Ratio", "Target", "Verdict"), *rows]
    ).replace("Verdict |", "Verdict |\n|---|---|---|---|---|", 1)


def run_alone(measure: Callable[[Scale, Path], list[Line]], about: str | None) -> None:
    """Measure what one file is about, as its command line asks, in a temporary folder; print the table."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--tiny", action="store_const", const=Scale.TINY, dest="scale", help="see whether it runs")
    sizes.add_argument("--quick", action="store_const", const=Scale.QUICK, dest="scale", help="a small run")
    sizes.add_argument("--full", action="store_const", const=Scale.FULL, dest="scale", help="up to a million records")
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; a temporary folder if not given")
    parser.add_argument("--keep", action="store_true", help="leave there what it wrote")
    parser.add_argument("--json", type=Path, help="write the lines into this file too")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=asked.folder))
    try:
        lines = measure(asked.scale or Scale.NORMAL, folder)
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(line) for line in lines]), encoding="utf-8")
    print(render(lines))


def read_lines(path: Path) -> list[Line]:
    """Return the lines that a row wrote with `--json`."""
    return [Line(**fields) for fields in json.loads(path.read_text(encoding="utf-8"))]
