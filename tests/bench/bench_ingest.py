"""Measure each phase between the store and the dataset's file: `python tests/bench/bench_ingest.py 10000`."""

from __future__ import annotations

import asyncio
import cProfile
import hashlib
import json
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.dataset.merge import merge
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.attempt import Attempt
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.plan import find, plan
from dvc_sync_s3.sync.reading import Changes

_SAMPLE = Path(__file__).parents[1] / "samples" / "image_bbox.json"
_OBJECT_BYTES = 3000


def main() -> None:
    """Print the CPU and wall time of each phase; with `--profile` as second argument, where it went."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_fill(Path(folder), count))
        profile = cProfile.Profile() if "--profile" in sys.argv else None
        if profile:
            profile.enable()
        _measure(Path(folder))
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)


async def _fill(folder: Path, count: int) -> None:
    template = json.loads(_SAMPLE.read_bytes())
    region = template["result"][0]
    template["result"] = [region] * max(1, _OBJECT_BYTES // len(json.dumps(region)))
    store = Store(folder / "objects", SystemClock())
    await store.start()
    await store.create_bucket("annotations")

    async def put(number: int) -> None:
        body = json.dumps(template | {"id": number, "task": template["task"] | {"id": number}}).encode()
        async with store.receive() as incoming:
            await incoming.write(body)
            etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
            await store.put(NewObject("annotations", str(number), etag), incoming)

    for first in range(0, count, 100):
        await asyncio.gather(*(put(number) for number in range(first, min(first + 100, count))))
    await store.close()


def _measure(folder: Path) -> None:
    store = Store(folder / "objects", SystemClock())
    ledger = Ledger(folder)
    with _phase("bundle: read and parse objects"):
        bundle = Changes(store).bundle(0)
    assert bundle is not None
    with _phase("find"):
        findings = tuple(find(reading) for reading in bundle.readings)
    with _phase("known"):
        known = ledger.known(findings)
    with _phase("plan"):
        edits = plan(bundle.readings, known)
    with _phase("merge"):
        merged = merge({}, edits)
    with _phase("ledger: begin"):
        ledger.begin(Attempt("c" * 40, "p" * 40, bundle.seq, bundle.seq, findings, merged.added_records))
    with _phase("ledger: attempts"):
        attempts = ledger.attempts()
    with _phase("ledger: landed"):
        ledger.landed(attempts[0])
    ledger.close()
    store.close_connections()


@contextmanager
def _phase(title: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), os.times()
    yield
    now = os.times()
    spent = now.user + now.system - cpu.user - cpu.system
    print(f"{title:32} {spent:6.2f} s CPU {time.perf_counter() - wall:6.2f} s")


if __name__ == "__main__":
    main()
