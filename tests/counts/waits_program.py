"""A program that writes to a store and marks in the journal what it does: `python -m tests.counts.waits_program ROOT`.

Plain files are published only when it says so: until then it holds the lock of whoever publishes.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import threading
from pathlib import Path

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.process import FileLock
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.model import NewObject, StoredObject
from dvc_sync_s3.store.store import Store
from tests.fault.power_cut.uploader import mark

ALONE, TOGETHER, LARGE = 10, 64, 3
SMALL_BODY, LARGE_BODY = b"x" * 3000, b"x" * 300_000


class Gate:
    """A precondition that keeps the writing thread waiting, so that other writes queue behind it."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def __call__(self, _: StoredObject | None) -> None:
        self.entered.set()
        assert self.open.wait(30)


async def put(store: Store, key: str, body: bytes = SMALL_BODY, gate: Gate | None = None) -> None:
    etag = hashlib.md5(body).hexdigest()
    async with store.receive() as incoming:
        await incoming.write(body)
        await store.put(NewObject("team", key, etag), incoming, gate)


async def put_together(store: Store) -> None:
    """Put one that holds up the writing thread, and so many that wait for it."""
    gate = Gate()
    first = asyncio.create_task(put(store, "gate", gate=gate))
    await asyncio.to_thread(gate.entered.wait)
    others = [asyncio.create_task(put(store, f"together/{number}")) for number in range(TOGETHER)]
    for _ in range(100):  # each runs until it waits for its commit: nothing on its way there leaves the loop
        await asyncio.sleep(0)
    gate.open.set()
    await asyncio.gather(first, *others)


async def work(data: Path) -> None:
    hidden = data / HIDDEN_NAME
    hidden.mkdir(parents=True)
    unpublished = FileLock(hidden / "publisher.lock")
    unpublished.acquire()
    store = Store(data, SystemClock())
    await store.start()
    await store.create_bucket("team")
    mark("alone")
    for number in range(ALONE):
        await put(store, f"alone/{number}")
    mark("together")
    await put_together(store)
    mark("large")
    for number in range(LARGE):
        await put(store, f"large/{number}", LARGE_BODY)
    mark("publish")
    unpublished.release()
    await asyncio.to_thread(store.publish)
    mark("end")
    await store.close()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1], "data")))
