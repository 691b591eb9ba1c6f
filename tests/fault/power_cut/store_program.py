"""A program that uses a store from many tasks, and marks in the journal what was acknowledged.

Six tasks write objects into one bucket. Three others each have a bucket of their own and upload into it in parts.

`python -m tests.fault.power_cut.store_program ROOT [WAIT]` works in ROOT/data; without the wait for the disk that is
named, if one is. With `killed` for it, begins with folders that a process killed before made and did not wait for.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from dvc_sync_s3 import durable
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store import checkpointer, index, publisher
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.incoming import Incoming
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.store.tree import Tree
from tests.fault.power_cut.uploader import Uploader, body_of, mark, md5_of, upload_on

BUCKET = "team"
FOLDER = "data"
KILLED = "killed"
KEYS = ("{0}", "out/{0}/deep", "out//{0}", "out/{0}")
"""Plain, in a folder, no path can hold it, and a file where the second needs a folder."""
TASKS = 6
WRITES_OF_A_TASK = 14
UPLOAD_BUCKETS = ("parts-0", "parts-1", "parts-2")


def spill_only(incoming: Incoming, file: BinaryIO) -> None:
    incoming._spill()
    file.close()


def sync_file_only(incoming: Incoming, file: BinaryIO) -> None:
    incoming._spill()
    durable.sync_file(file)
    file.close()


def move_without_file(incoming: Incoming, folder: Path) -> str:
    incoming._spill().close()
    assert incoming._path is not None
    incoming._path = incoming._path.replace(folder / incoming._path.name)
    durable.sync_folder(folder)
    return incoming._path.name


def move_without_name(incoming: Incoming, folder: Path) -> str:
    file = incoming._spill()
    durable.sync_file(file)
    file.close()
    assert incoming._path is not None
    incoming._path = incoming._path.replace(folder / incoming._path.name)
    return incoming._path.name


def open_normal(
    path: Path, mode: str, open_full: Callable[[Path, str], sqlite3.Connection] = index._open
) -> sqlite3.Connection:
    connection = open_full(path, mode)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


WAITS = {
    "for the file of a body": (Incoming, "_sync", spill_only),
    "for the name of a body": (Incoming, "_sync", sync_file_only),
    "for the folders of plain files": (Tree, "sync", lambda _: None),
    "for any folder": (durable, "sync_folder", lambda _: None),
    "for a commit": (index, "_open", open_normal),
}
WAITS_OF_PARTS = {
    "for the file of a part": (Incoming, "_move", move_without_file),
    "for the name of a part": (Incoming, "_move", move_without_name),
}


async def write_on(store: Store, task: int) -> None:
    for count in range(WRITES_OF_A_TASK):
        key = KEYS[count % len(KEYS)].format(task)
        number = task + TASKS * count
        if count in {5, 9, 10}:
            mark("try", key, "-")
            seq = await store.delete(BUCKET, key)
        else:
            body = body_of(number)
            mark("try", key, number)
            async with store.receive() as incoming:
                await incoming.write(body)
                seq = (await store.put(NewObject(BUCKET, key, md5_of(body)), incoming)).seq
        mark("done", key, seq or 0)


async def main(folder: Path, left_out: str | None = None) -> None:
    if left_out == KILLED:
        for left in (folder, folder / HIDDEN_NAME, folder / BUCKET, folder / BUCKET / "out"):
            left.mkdir()
    elif left_out is not None:
        setattr(*(WAITS | WAITS_OF_PARTS)[left_out])
    # Often enough to be cut in the middle of one.
    checkpointer.PAUSE_S, checkpointer.WORTHWHILE_BYTES, checkpointer.WORTHWHILE_WRITES = 0.01, 1 << 16, 8
    publisher.QUIET_S = 0.0  # plain files between the writes, not behind them
    store = Store(folder, SystemClock())
    adoption = await store.start()
    mark("started", store.instance_id(), adoption.objects)
    await store.create_bucket(BUCKET)
    uploaders = (Uploader(store, bucket, 7 * 1000 * number) for number, bucket in enumerate(UPLOAD_BUCKETS))
    await asyncio.gather(*(write_on(store, task) for task in range(TASKS)), *map(upload_on, uploaders))
    await asyncio.to_thread(store.publish)
    mark("published")
    await store.close()
    mark("closed")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) / FOLDER, *sys.argv[2:]))
