"""A process that writes and says what it did; tests kill it.

`python writer.py FOLDER FIRST` puts and deletes from eight tasks until killed, numbering bodies from FIRST.
`python writer.py FOLDER FIRST STEP` publishes one large and one small object, and dies at STEP.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from pathlib import Path

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store import incoming, publisher, tree
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store

SIZES = [0, 7, 3_000, 300, 12_000, incoming.SMALL_BYTES + 5]


def body_of(number: int) -> bytes:
    return (f"{number}:".encode() * SIZES[number % len(SIZES)])[: SIZES[number % len(SIZES)]]


async def put(store: Store, key: str, body: bytes) -> None:
    async with store.receive() as receiving:
        await receiving.write(body)
        await store.put(NewObject("team", key, hashlib.md5(body).hexdigest()), receiving)


async def write_on(store: Store, task: int, first: int) -> None:
    number = first + task
    while True:
        key = f"task-{task}/{number % 5}"
        if number % 7 == 0:
            print("try", key, "-", flush=True)
            await store.delete("team", key)
        else:
            print("try", key, number, flush=True)
            await put(store, key, body_of(number))
        print("done", key, flush=True)
        number += 8


def die(*_: object, **__: object) -> None:
    os._exit(9)


def die_at(step: str) -> None:
    if step == "file written, not yet in place":
        tree.Tree._move = die  # type: ignore[method-assign,assignment]
    elif step == "file in place, folder not yet synced":
        tree.Tree.sync = die  # type: ignore[method-assign]
    elif step == "files on disk, rows not yet changed":
        publisher._mark = die
    elif step == "rows changed, staging not yet cleared":
        publisher.remove_file = die  # type: ignore[attr-defined]


async def main(folder: Path, first: int, step: str | None) -> None:
    publisher.QUIET_S = 0.0  # plain files between the writes, not behind them
    store = Store(folder, SystemClock())
    if step is not None:
        publisher.Publisher.start = lambda self: None  # type: ignore[method-assign]
    await store.start()
    await store.create_bucket("team")
    if step is None:
        await asyncio.gather(*(write_on(store, task, first) for task in range(8)))
    else:
        await put(store, "large", body_of(5))
        await put(store, "deleted", body_of(1))
        await store.delete("team", "deleted")
        await put(store, "small", body_of(1))
        die_at(step)
        await asyncio.to_thread(store.publish)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None))
