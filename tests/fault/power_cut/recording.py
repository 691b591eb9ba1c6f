"""Run a program with the journal preloaded, and cut its power afterwards, anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fault.power_cut.disk import Call, Disk, Kind, OldFile, Survivors, read_journal

_TIMEOUT_S = 60
_CHECKOUT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Cut:
    """What the program had said until the power was cut, and a disk that this may have left."""

    marks: tuple[tuple[str, ...], ...]
    folder: Path
    name: str
    """Says where it was cut and what survived."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole run: the files that were there before, and every call of the program."""

    before: tuple[OldFile, ...]
    calls: tuple[Call, ...]

    def points(self, choose: Callable[[Call], bool]) -> list[int]:
        """Return the points right after the calls that `choose` picks."""
        return [point for point, call in enumerate(self.calls, start=1) if choose(call)]

    def marks(self, word: str) -> list[int]:
        """Return the points right after the program said something that begins with `word`."""
        return self.points(lambda call: call.kind is Kind.MARK and call.data.decode().split()[0] == word)

    def cut(self, points: Iterable[int], survivors: Iterable[Survivors], workshop: Path) -> Iterator[Cut]:
        """Yield each of `points` with each of `survivors`; what survives by chance is the same in every run."""
        kinds = tuple(survivors)
        wanted = set(points)
        disk = Disk(self.before)
        marks: list[tuple[str, ...]] = []
        for point, call in enumerate(self.calls, start=1):
            disk.apply(call)
            if call.kind is Kind.MARK:
                marks.append(tuple(call.data.decode().split(" ")))
            for kind in kinds if point in wanted else ():
                name = f"{point}-{kind.name.lower()}"
                disk.rebuild(workshop / name, kind, Random(name))  # noqa: S311 - no secret
                yield Cut(tuple(marks), workshop / name, name)


def sample(points: list[int], size: int) -> list[int]:
    """Return at most `size` of `points`, the first and the last among them; the same in every run."""
    if len(points) <= size:
        return points
    return sorted({points[0], points[-1], *Random(size).sample(points, size - 2)})  # noqa: S311 - no secret


def build_library(folder: Path) -> Path:
    """Compile the journal and return the library; needs a C compiler."""
    library = folder / "journal.so"
    source = Path(__file__).with_name("journal.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-lpthread"], check=True)
    return library


def record(library: Path, workshop: Path, program: str, *arguments: str, is_deaf: str = "") -> Recording:
    """Run the module `program` on the folder `workshop/disk` and return what it did there.

    With `is_deaf` set, its waits for the disk are taken for nothing, as on a disk that lies.
    """
    root = workshop / "disk"
    root.mkdir(exist_ok=True)
    before = tuple(
        OldFile(path.relative_to(root).parts, path.stat().st_ino, path.read_bytes())
        for path in root.rglob("*")
        if path.is_file()
    )
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "POWER_CUT_ROOT": str(root),
        "POWER_CUT_JOURNAL": str(workshop / "journal"),
        **({"POWER_CUT_DEAF": is_deaf} if is_deaf else {}),
    }
    command = [sys.executable, "-m", program, str(root), *arguments]
    subprocess.run(command, cwd=_CHECKOUT, env=environment, check=True, timeout=_TIMEOUT_S)
    return Recording(before, tuple(read_journal(workshop / "journal", root)))
