"""The probes, as monitors and people ask them."""

import asyncio
import contextlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import Message

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.finding import Finding
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.status import State, StatusFile, SyncStatus
from dvc_sync_s3.web.health import StoreHealth
from dvc_sync_s3.web.probes import probe_routes
from tests.unit.sync.test_worker import HeldClock

TARGET = "team.git main"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path, SystemClock())
    asyncio.run(opened.start())
    yield opened
    asyncio.run(opened.close())


def get(store: Store, hidden: Path, path: str) -> tuple[int, bytes]:
    """Ask the probes' ASGI application; return status and body."""
    sent: list[Message] = []

    async def ask() -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        await Starlette(routes=probe_routes(store, hidden, TARGET, SystemClock()))(scope, receive, send)

    asyncio.run(ask())
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@contextlib.contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """Let the disk refuse this process what it would refuse if it were full."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def put(store: Store, key: str) -> None:
    async def keep() -> None:
        await store.create_bucket("annotations")
        async with store.receive() as incoming:
            await incoming.write(b"{}")
            await store.put(NewObject("annotations", key, "etag"), incoming)

    asyncio.run(keep())


def test_a_running_service_is_healthy_and_ready(store: Store, tmp_path: Path) -> None:
    assert get(store, tmp_path, "/-/healthy")[0] == 200
    assert get(store, tmp_path, "/-/ready")[0] == 200


def test_the_status_tells_what_waits_and_what_the_worker_says(store: Store, tmp_path: Path) -> None:
    put(store, "1")
    put(store, "2")
    StatusFile(tmp_path, TARGET).write(SyncStatus(State.BLOCKED, 1, "abc", None, "the token was refused", "renew it"))
    told: dict[str, Any] = json.loads(get(store, tmp_path, "/-/status.json")[1])
    assert told == {
        "state": "blocked",
        "pending": 1,
        "last_seq": 2,
        "synced_seq": 1,
        "last_commit": "abc",
        "last_sync_at": None,
        "error": "the token was refused",
        "hint": "renew it",
        "skipped": 0,
        "reason": None,
        "next_commit_at": None,
        "made_from": None,
        "budget_full_at": None,
        "warnings": [],
        "store": {"takes_saves": True, "error": None, "hint": None},
        "worker": {
            "alive": False,
            "pid": None,
            "beat_at": None,
            "step": None,
            "step_since": None,
            "deaths": 0,
            "died_at": None,
            "exit_code": None,
        },
    }


def test_every_change_that_waits_is_counted(store: Store, tmp_path: Path) -> None:
    for key in "12345":
        put(store, key)
    StatusFile(tmp_path, TARGET).write(SyncStatus(State.RETRYING, 1))
    assert json.loads(get(store, tmp_path, "/-/status.json")[1])["pending"] == 4


def test_before_the_first_cycle_ever_all_changes_wait(store: Store, tmp_path: Path) -> None:
    for key in "123":
        put(store, key)
    told = json.loads(get(store, tmp_path, "/-/status.json")[1])
    assert (told["synced_seq"], told["pending"], told["state"]) == (0, 3, "syncing")
    Ledger(tmp_path).close()
    assert json.loads(get(store, tmp_path, "/-/status.json")[1])["pending"] is None


def test_of_a_target_that_was_not_read_yet_nothing_is_told_that_another_one_said(store: Store, tmp_path: Path) -> None:
    put(store, "1")
    StatusFile(tmp_path, "team.git the-branch-before").write(
        SyncStatus(State.IDLE, 1, "abc", "2026-11-23T00:00:00+00:00")
    )
    told = json.loads(get(store, tmp_path, "/-/status.json")[1])
    assert (told["synced_seq"], told["pending"], told["last_commit"], told["last_sync_at"]) == (None, None, None, None)
    assert (told["state"], told["last_seq"]) == ("syncing", 1)


def test_of_an_index_that_was_set_back_nothing_is_told_that_a_newer_one_said(store: Store, tmp_path: Path) -> None:
    StatusFile(tmp_path, TARGET).write(SyncStatus(state=State.IDLE, synced_seq=15))
    put(store, "1")
    told = json.loads(get(store, tmp_path, "/-/status.json")[1])
    assert (told["state"], told["synced_seq"], told["pending"]) == ("syncing", None, None)


def test_a_change_that_the_worker_has_not_seen_yet_is_waiting_not_idle(store: Store, tmp_path: Path) -> None:
    StatusFile(tmp_path, TARGET).write(SyncStatus(State.IDLE, 0))
    put(store, "1")
    assert json.loads(get(store, tmp_path, "/-/status.json")[1])["state"] == "waiting"


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_disk_that_is_full_is_told_in_status_and_ready_until_there_is_room(store: Store, tmp_path: Path) -> None:
    StatusFile(tmp_path, TARGET).write(SyncStatus(State.IDLE, 0))
    with no_file_grows_beyond(100_000):
        told = json.loads(get(store, tmp_path, "/-/status.json")[1])
        status, words = get(store, tmp_path, "/-/ready")
    assert (told["state"], told["store"]["takes_saves"]) == ("blocked", False)
    assert "the disk is full" in told["error"]
    assert "Make room" in told["hint"]
    assert status == 503
    assert b"the disk is full" in words
    assert b"Make room" in words
    assert get(store, tmp_path, "/-/ready")[0] == 200


def test_an_index_that_takes_no_write_is_told_though_the_disk_does(store: Store, tmp_path: Path) -> None:
    index = sqlite3.connect(tmp_path / HIDDEN_NAME / "index.db")
    index.execute("CREATE TRIGGER refuse BEFORE INSERT ON meta BEGIN SELECT raise(ABORT, 'refused'); END")
    index.close()
    assert get(store, tmp_path, "/-/ready")[0] == 503


def test_a_store_whose_folder_is_gone_is_told(store: Store, tmp_path: Path) -> None:
    hidden = tmp_path / HIDDEN_NAME
    hidden.rename(tmp_path / "away")
    status, words = get(store, tmp_path, "/-/ready")
    told = json.loads(get(store, tmp_path, "/-/status.json")[1])
    (tmp_path / "away").rename(hidden)
    assert status == 503
    assert b"the store in S3_DATA_FOLDER is gone" in words
    assert told["store"]["takes_saves"] is False


def test_asking_often_writes_no_more_than_once_a_second(store: Store) -> None:
    clock = HeldClock()
    health, tries = StoreHealth(store, clock), []

    async def ask() -> None:
        async def count() -> None:
            tries.append(clock.monotonic_s())

        store.try_write = count  # type: ignore[method-assign]
        for _ in range(5):
            assert await health.trouble() is None
        clock.pass_s(1)
        assert await health.trouble() is None

    asyncio.run(ask())
    assert len(tries) == 2


def test_a_disk_that_hangs_is_told_and_is_asked_by_nobody_else_meanwhile(store: Store) -> None:
    health, tries = StoreHealth(store, SystemClock(), patience_s=0.01), []

    async def ask() -> None:
        answered = asyncio.Event()

        async def hang() -> None:
            tries.append(1)
            await answered.wait()

        store.try_write = hang  # type: ignore[method-assign]
        for _ in range(3):
            assert "has not written for 0.01 s" in str(await health.trouble())
        answered.set()
        while await health.trouble() is not None:
            pass

    asyncio.run(ask())
    assert len(tries) == 1


def test_skipped_objects_are_listed_with_the_reason(store: Store, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.covered([Finding("b", "a.png", 1, False, "not a JSON object", None, None, ())], 1)
    ledger.close()
    assert json.loads(get(store, tmp_path, "/-/skipped.json")[1]) == [
        {"bucket": "b", "key": "a.png", "reason": "not a JSON object", "kept": 0}
    ]


def test_a_page_that_is_not_there_is_404(store: Store, tmp_path: Path) -> None:
    assert get(store, tmp_path, "/-/nothing")[0] == 404
