"""A process whose disk is full: `python full_disk.py FOLDER SIZE_BYTES` puts 60 bodies and says how each went.

A limit on a file's size makes the system refuse the index's log or a staged body, as a full disk does.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
import sys
from pathlib import Path

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store import publisher
from dvc_sync_s3.store.model import ListRequest, NewObject, StoredObject
from dvc_sync_s3.store.store import Store


async def put(store: Store, number: int, size_bytes: int) -> StoredObject:
    async with store.receive() as incoming:
        await incoming.write(bytes([number]) * size_bytes)
        return await store.put(NewObject("team", f"{number}", "0" * 32), incoming)


async def main(folder: Path, size_bytes: int) -> None:
    publisher.Publisher.start = lambda self: None  # type: ignore[method-assign]
    store = Store(folder, SystemClock())
    await store.start()
    await store.create_bucket("team")
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    results: list[StoredObject | BaseException] = []
    for first in range(0, 60, 6):
        together = (put(store, number, size_bytes) for number in range(first, first + 6))
        results += await asyncio.gather(*together, return_exceptions=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    done = sorted(result.key for result in results if isinstance(result, StoredObject))
    refused = sum(isinstance(result, OSError | sqlite3.Error) for result in results)
    listed = [stored.key for stored in store.list(ListRequest("team")).objects]
    print(json.dumps({"done": done, "refused": refused, "listed": listed}))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
