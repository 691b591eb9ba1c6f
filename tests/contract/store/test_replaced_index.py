"""An index that is no longer the file of its name takes no write, whichever process notices."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.store.errors import IndexReplaced
from dvc_sync_s3.store.folder import DataFolder
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.publishing import publishing
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.store.store import Store


def remove(index: Path) -> None:
    index.unlink()


def replace(index: Path) -> None:
    other = index.with_name("other.db")
    shutil.copy(index, other)
    other.replace(index)


REPLACED = pytest.mark.parametrize("do", [remove, replace])


async def started(folder: Path) -> Store:
    store = Store(folder, SystemClock(), wake_publisher=lambda: None)
    await store.start()
    await store.create_bucket("team")
    return store


async def put(store: Store, key: str) -> None:
    body = key.encode()
    new = NewObject("team", key, hashlib.md5(body, usedforsecurity=False).hexdigest())
    await store.put_bytes(new, body)


@REPLACED
def test_a_write_is_refused_and_not_acknowledged(tmp_path: Path, do: Callable[[Path], None]) -> None:
    async def run() -> None:
        store = await started(tmp_path)
        await put(store, "a")
        do(DataFolder(tmp_path).index)
        with pytest.raises(IndexReplaced) as caught:
            await put(store, "b")
        assert "removed or replaced while the service runs" in str(caught.value)
        assert "started again" in caught.value.hint
        await store.close()

    asyncio.run(run())


def test_an_index_that_is_put_back_takes_writes_again(tmp_path: Path) -> None:
    async def run() -> None:
        store, index = await started(tmp_path), DataFolder(tmp_path).index
        index.rename(index.with_name("away"))
        with pytest.raises(IndexReplaced):
            await put(store, "a")
        index.with_name("away").rename(index)
        await put(store, "b")
        await store.close()

    asyncio.run(run())


@REPLACED
@pytest.mark.parametrize(
    "ask",
    [Reader.last_seq, Reader.history, lambda reader: reader.changes(0, 1), lambda reader: reader.waiting(0)],
    ids=["last_seq", "history", "changes", "waiting"],
)
def test_another_process_notices(tmp_path: Path, do: Callable[[Path], None], ask: Callable[[Reader], object]) -> None:
    asyncio.run(asyncio.wait_for(_start_and_end(tmp_path), 60))
    reader = Reader(tmp_path)
    ask(reader)
    do(DataFolder(tmp_path).index)
    with pytest.raises(IndexReplaced):
        ask(reader)
    reader.close_connections()


def test_no_plain_file_is_written_of_an_index_that_was_replaced(tmp_path: Path) -> None:
    async def run() -> None:
        store = await started(tmp_path)
        with publishing(tmp_path, SystemClock(), None) as publisher:
            publisher.publish()
            await put(store, "a")
            replace(DataFolder(tmp_path).index)
            with pytest.raises(IndexReplaced):
                publisher.publish()
        await store.close()

    asyncio.run(run())


@pytest.mark.parametrize("content", [b"", None], ids=["no byte", "no table"])
def test_an_emptied_index_is_not_taken_for_a_new_one(tmp_path: Path, content: bytes | None) -> None:
    asyncio.run(_start_and_end(tmp_path))
    index = DataFolder(tmp_path).index
    index.unlink()
    if content is None:
        with closing(sqlite3.connect(index)) as empty:
            empty.execute("VACUUM")
    else:
        index.write_bytes(content)
    with pytest.raises(Blocked) as caught:
        asyncio.run(_start_and_end(tmp_path))
    assert "is empty" in str(caught.value)
    assert "move this file away" in caught.value.hint


def test_the_seqs_of_a_restored_index_are_told_from_those_that_it_lost(tmp_path: Path) -> None:
    async def save(*keys: str) -> None:
        store = await started(tmp_path)
        for key in keys:
            await put(store, key)
        await store.close()

    asyncio.run(save("a", "b"))
    index = DataFolder(tmp_path).index
    older = shutil.copy(index, tmp_path / "older")
    asyncio.run(save("c"))
    lost = Reader(tmp_path).history()
    shutil.copy(older, index)
    asyncio.run(save("d"))
    found = Reader(tmp_path).history()
    assert lost.last_seq == found.last_seq == 3
    assert [start.after for start in lost.starts] == [start.after for start in found.starts] == [-1, 0, 2]
    assert lost.starts[:2] == found.starts[:2]
    assert lost.starts[2] != found.starts[2]


def test_starts_without_a_write_leave_one_row(tmp_path: Path) -> None:
    for _ in range(3):
        asyncio.run(_start_and_end(tmp_path))
    assert [start.after for start in Reader(tmp_path).history().starts] == [-1, 0]


async def _start_and_end(folder: Path) -> None:
    await (await started(folder)).close()
