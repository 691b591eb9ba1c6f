"""A page of 1,000 of LIST: at many keys against 10,000, anywhere in the bucket, with and without delimiter.

Keys are `<folder>/<number>`, five in a folder. Pages begin at the first key, in the middle and at the last place; with
a delimiter a page is 1,000 common prefixes. This service holds rows without plain files; rclone, that it is compared
with, lists real files.
"""

from __future__ import annotations

import functools
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from defusedxml import ElementTree

from rig.client import ask
from rig.filled import fill_store
from rig.servers import Server, serve_ours, serve_rival
from rig.signing import BUCKET, Signer
from rig.table import Line, Scale, Target, by_turns, median, run_alone

ROUNDS = 9
FEW = 10_000
PER_FOLDER = 5
_PLACES = {"at the start": 0.0, "in the middle": 0.5, "at the end": 1.0}


def measure(scale: Scale, folder: Path) -> list[Line]:
    """Return a line for each kind of page and a line for the comparison with rclone."""
    many = scale.choose(30_000, 100_000, 1_000_000)
    for count in (FEW, many):
        fill_store(folder / f"ours-{count}" / "objects", keys(count))
    with ExitStack() as running:
        few_server, many_server = (running.enter_context(serve_ours(folder / f"ours-{count}")) for count in (FEW, many))
        few_server.wait_until_at_rest()
        many_server.wait_until_at_rest()
        lines: list[Line] = []
        for delimiter in ("", "/"):
            for where, share in _PLACES.items():
                few, lot = Page(FEW, share, delimiter), Page(many, share, delimiter)
                lines.append(_compare(where, (few_server, few), (many_server, lot)))
        return [*lines, *_against_rclone(many_server, many, folder)]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of 1,000 entries that begins at `share` (0 to 1) of all places where such a page can begin."""

    count: int
    share: float
    delimiter: str

    @property
    def query(self) -> str:
        """Return the query of its address, in the order in which it is signed."""
        after = keys(self.count)[self._begin - 1] if self._begin else ""
        asked = {"delimiter": self.delimiter, "list-type": "2", "max-keys": "1000", "start-after": after}
        return "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items() if value)

    @property
    def first(self) -> str:
        """Return its first entry."""
        key = keys(self.count)[self._begin]
        return key.partition("/")[0] + "/" if self.delimiter else key

    @property
    def _begin(self) -> int:
        """Return the number of its first key."""
        size = PER_FOLDER if self.delimiter else 1
        return int((self.count // size - 1000) * self.share) * size


def _compare(where: str, few: tuple[Server, Page], many: tuple[Server, Page]) -> Line:
    times = by_turns(ROUNDS, lambda: _page_ms(*few), lambda: _page_ms(*many))
    few_ms, many_ms = (median(values) for values in times)
    delimiter = "with" if few[1].delimiter else "without"
    target = Target(most=1.5, words="x at 10,000 keys (target is for 1,000,000)")
    figures = f"{many[1].count:,} keys {many_ms:.1f} ms, {few[1].count:,} keys {few_ms:.1f} ms"
    return target.line(f"LIST page of 1,000, {where}, {delimiter} delimiter", figures, many_ms / few_ms)


@functools.cache
def keys(count: int) -> list[str]:
    """Return so many keys, in order."""
    return [f"{number // PER_FOLDER:07d}/{number:08d}" for number in range(count)]


def _against_rclone(ours: Server, many: int, folder: Path) -> list[Line]:
    with serve_rival("rclone", folder / "rclone") as rclone:
        for number, key in enumerate(keys(many)):
            path = rclone.folder / "objects" / BUCKET / key
            if number % PER_FOLDER == 0:
                path.parent.mkdir()
            path.write_bytes(b"{}")
        return [_beside_rclone(ours, rclone, Page(many, 0.5, delimiter)) for delimiter in ("", "/")]


def _beside_rclone(ours: Server, rclone: Server, page: Page) -> Line:
    rounds = 5 if page.count > 100_000 else ROUNDS
    times = by_turns(rounds, lambda: _page_ms(ours, page), lambda: _page_ms(rclone, page))
    ours_ms, theirs_ms = (median(values) for values in times)
    figures = f"{page.count:,} keys: this service {ours_ms:.1f} ms, rclone {theirs_ms:,.1f} ms"
    target = Target(least=5, words="x faster than rclone at 1,000,000", is_judged=page.count >= 1_000_000)
    what = f"LIST page of 1,000, in the middle, {'with' if page.delimiter else 'without'} delimiter, beside rclone"
    return target.line(what, figures, theirs_ms / ours_ms)


def _page_ms(server: Server, page: Page) -> float:
    request = Signer("GET", query=page.query).head(f"/{BUCKET}")
    began_s = time.perf_counter()
    answer = ask(server.port, request)
    took_ms = (time.perf_counter() - began_s) * 1e3
    names = ElementTree.fromstring(answer).iterfind(".//{*}CommonPrefixes/{*}Prefix" if page.delimiter else ".//{*}Key")
    found = [name.text for name in names]
    if len(found) != 1000 or found[0] != page.first:
        raise AssertionError(f"{server.name} lists {len(found)} entries from {found[:1]}, not 1,000 from {page.first}")
    return took_ms


if __name__ == "__main__":
    run_alone(measure, __doc__)
