"""Two stores on one folder behave as two processes do: all they share is the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store.model import StoredObject
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import get, keys, put, start
from tests.contract.store.writer import body_of

pytestmark = pytest.mark.anyio


async def test_two_processes_see_each_others_writes_and_share_one_order(folder: Path) -> None:
    one, two = Store(folder, SystemClock()), Store(folder, SystemClock())
    await asyncio.gather(one.start(), two.start())
    await one.create_bucket("team")
    stored = await asyncio.gather(
        *(put((one, two)[number % 2], f"{number}", f"{number}".encode()) for number in range(100))
    )
    assert one.instance_id() == two.instance_id()
    assert sorted(each.seq for each in stored) == list(range(1, 101))
    for store in (one, two):
        assert len(keys(store)) == 100
        assert all(get(store, each.key) == each.key.encode() for each in stored)
    await asyncio.gather(one.close(), two.close())


async def test_a_condition_holds_across_processes(folder: Path) -> None:
    one, two = Store(folder, SystemClock()), Store(folder, SystemClock())
    await one.start()
    await two.start()
    await one.create_bucket("team")

    def must_be_absent(current: StoredObject | None) -> None:
        if current is not None:
            raise FileExistsError(current.key)

    results = await asyncio.gather(
        *(put((one, two)[number % 2], "318", f"{number}".encode(), must_be_absent) for number in range(40)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, StoredObject) for result in results) == 1
    assert sum(isinstance(result, FileExistsError) for result in results) == 39
    await one.close()
    await two.close()


async def test_one_process_publishes_for_all_and_another_takes_over_when_it_ends(folder: Path) -> None:
    one, two = Store(folder, SystemClock()), Store(folder, SystemClock())
    await one.start()
    await one.create_bucket("team")
    one.publish()
    await two.start()
    await put(two, "1", b"1")
    assert two.publish() == 0
    one.publish()
    assert (folder / "team/1").read_bytes() == b"1"
    await one.close()
    await put(two, "2", b"2")
    two.publish()
    assert (folder / "team/2").read_bytes() == b"2"
    await two.close()


async def test_a_real_second_process_writes_while_this_one_does(folder: Path) -> None:
    store = Store(folder, SystemClock())
    await store.start()
    await store.create_bucket("team")
    with start("writer.py", folder, 1) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        for number in range(200):
            await put(store, f"here/{number}", body_of(number))
        lines = [writer.stdout.readline().split() for _ in range(200)]
        writer.kill()
    assert any(word == "done" for word, *_ in lines)
    assert all(get(store, f"here/{number}") == body_of(number) for number in range(200))
    assert any(key.startswith("task-") for key in keys(store))
    store.publish()
    assert all(get(store, key) is not None for key in keys(store))
    await store.close()


async def test_an_object_read_often_is_the_new_one_as_soon_as_any_process_put_it(folder: Path) -> None:
    one, two = Store(folder, SystemClock()), Store(folder, SystemClock())
    await asyncio.gather(one.start(), two.start())
    await one.create_bucket("team")
    for number in range(20):
        await put((one, two)[number % 2], "318", f"{number}".encode())
        one.publish()
        for store in (one, two, one, two):  # the second time from memory
            assert get(store, "318") == f"{number}".encode()
    await two.delete("team", "318")
    assert one.open("team", "318") is None
    await asyncio.gather(one.close(), two.close())
