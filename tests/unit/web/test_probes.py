"""The probes, as monitors and people ask them."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import Message

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.finding import Finding
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.status import State, StatusFile, SyncStatus
from dvc_sync_s3.web.probes import probe_routes

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
        await Starlette(routes=probe_routes(store, hidden, TARGET))(scope, receive, send)

    asyncio.run(ask())
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


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
    }


def test_every_change_that_waits_is_counted(store: Store, tmp_path: Path) -> None:
    for key in "12345":
        put(store, key)
    StatusFile(tmp_path, TARGET).write(SyncStatus(State.RETRYING, 1))
    assert json.loads(get(store, tmp_path, "/-/status.json")[1])["pending"] == 4


def test_of_a_target_that_was_not_read_yet_nothing_is_told_that_another_one_said(store: Store, tmp_path: Path) -> None:
    put(store, "1")
    StatusFile(tmp_path, "team.git the-branch-before").write(
        SyncStatus(State.IDLE, 1, "abc", "2026-11-23T00:00:00+00:00")
    )
    told = json.loads(get(store, tmp_path, "/-/status.json")[1])
    assert (told["synced_seq"], told["pending"], told["last_commit"], told["last_sync_at"]) == (None, None, None, None)
    assert (told["state"], told["last_seq"]) == ("syncing", 1)


def test_skipped_objects_are_listed_with_the_reason(store: Store, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.covered([Finding("b", "a.png", 1, False, "not a JSON object", None, None, ())], 1)
    ledger.close()
    assert json.loads(get(store, tmp_path, "/-/skipped.json")[1]) == [
        {"bucket": "b", "key": "a.png", "reason": "not a JSON object", "kept": 0}
    ]


def test_a_page_that_is_not_there_is_404(store: Store, tmp_path: Path) -> None:
    assert get(store, tmp_path, "/-/nothing")[0] == 404
