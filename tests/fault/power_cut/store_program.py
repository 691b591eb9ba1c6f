"""A program that writes to a store from six tasks, and marks in the journal what was acknowledged.

`python store_program.py ROOT [WAIT]` works in ROOT/data; without the wait for the disk that is named, if one is.
`python store_program.py ROOT killed` begins with folders that a process killed before made and did not wait for.
"""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from dvc_sync_s3 import durable
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store import checkpointer, index
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.incoming import SMALL_BYTES, Incoming
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.store.tree import Tree

BUCKET = "team"
FOLDER = "data"
KILLED = "killed"
SIZES = (0, 7, 3_000, SMALL_BYTES + 5, 300, 12_000, 70_000)
KEYS = ("{0}", "out/{0}/deep", "out//{0}", "out/{0}")
"""Plain, in a folder, no path can hold it, and a file where the second needs a folder."""
TASKS = 6
WRITES_OF_A_TASK = 14


def spill_only(incoming: Incoming, file: BinaryIO) -> None:
    incoming._spill()
    file.close()


def sync_file_only(incoming: Incoming, file: BinaryIO) -> None:
    incoming._spill()
    durable.sync_file(file)
    file.close()


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


def body_of(number: int) -> bytes:
    size = SIZES[number % len(SIZES)]
    return (f"{number}:".encode() * size)[:size]


def mark(*words: object) -> None:
    ctypes.CDLL(None).power_cut_mark(" ".join(map(str, words)).encode())


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
                seq = (await store.put(NewObject(BUCKET, key, hashlib.md5(body).hexdigest()), incoming)).seq
        mark("done", key, seq or 0)


async def main(folder: Path, left_out: str | None = None) -> None:
    if left_out == KILLED:
        for left in (folder, folder / HIDDEN_NAME, folder / BUCKET, folder / BUCKET / "out"):
            left.mkdir()
    elif left_out is not None:
        setattr(*WAITS[left_out])
    # Often enough to be cut in the middle of one.
    checkpointer.PAUSE_S, checkpointer.WORTHWHILE_BYTES, checkpointer.TOO_LONG_BYTES = 0.01, 1 << 16, 1 << 18
    store = Store(folder, SystemClock())
    adoption = await store.start()
    mark("started", store.instance_id(), adoption.objects)
    await store.create_bucket(BUCKET)
    await asyncio.gather(*(write_on(store, task) for task in range(TASKS)))
    await asyncio.to_thread(store.publish)
    mark("published")
    await store.close()
    mark("closed")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) / FOLDER, *sys.argv[2:]))
