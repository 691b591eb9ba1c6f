"""Measure the store's write path by hand: python tests/bench/bench_store.py [--puts N] [--tasks N] [--bytes N].

Not collected by pytest. Prints durable puts a second, their latency, and how many commits they took.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import sqlite3
import tempfile
import time
from pathlib import Path

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store


async def measure(folder: Path, *, puts: int, tasks: int, size_bytes: int) -> None:
    store = Store(folder, SystemClock())
    await store.start()
    await store.create_bucket("bench")
    body = os.urandom(size_bytes)
    etag = hashlib.md5(body).hexdigest()
    latencies_s: list[float] = []

    async def put_all(task: int) -> None:
        for number in range(task, puts, tasks):
            began_s = time.perf_counter()
            async with store.receive() as incoming:
                await incoming.write(body)
                await store.put(NewObject("bench", f"out/{number}", etag), incoming)
            latencies_s.append(time.perf_counter() - began_s)

    began_s = time.perf_counter()
    await asyncio.gather(*(put_all(task) for task in range(tasks)))
    took_s = time.perf_counter() - began_s
    latencies_s.sort()
    p50, p99, worst = (latencies_s[int(puts * share)] * 1000 for share in (0.5, 0.99, 1 - 1 / puts))
    print(f"{puts / took_s:,.0f} puts/s; p50 {p50:.1f} p99 {p99:.1f} max {worst:.1f} ms")
    wal_mb = (folder / ".dvc-sync-s3/index.db-wal").stat().st_size / 1e6
    with sqlite3.connect(folder / ".dvc-sync-s3/index.db") as reading:
        behind = reading.execute("SELECT count(*) FROM bodies").fetchone()[0]
    reading.close()
    began_s = time.perf_counter()
    await asyncio.to_thread(store.publish)
    print(f"wal {wal_mb:.0f} MB; {behind} bodies behind, published in {time.perf_counter() - began_s:.1f} s")
    began_s = time.perf_counter()
    await store.close()
    print(f"closed in {time.perf_counter() - began_s:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--puts", type=int, default=20_000)
    parser.add_argument("--tasks", type=int, default=32)
    parser.add_argument("--bytes", type=int, default=3_000)
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; a temporary folder if not given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        asyncio.run(measure(Path(folder), puts=options.puts, tasks=options.tasks, size_bytes=options.bytes))


if __name__ == "__main__":
    main()
