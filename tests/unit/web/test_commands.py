"""Commands of a person to the service."""

import asyncio
import json
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import Message, Scope

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.asking import Wish
from dvc_sync_s3.web.commands import command_routes


def post(folder: Path, wish: Wish, refused: str | None) -> tuple[int, bytes]:
    sent: list[Message] = []

    def refusal(_: Scope) -> str | None:
        return refused

    async def ask() -> None:
        store = Store(folder, SystemClock())
        await store.start()

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/-/sync", "query_string": b"", "headers": []}
        await Starlette(routes=command_routes(store, wish, refusal))(scope, receive, send)
        await store.close()

    asyncio.run(ask())
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def test_who_may_ask_for_a_sync_is_told_that_it_is_asked_and_where_to_look(tmp_path: Path) -> None:
    status, body = post(tmp_path, Wish(tmp_path), None)
    assert status == 202
    assert json.loads(body) == {"asked": "commit now what waits", "last_seq": 0, "see": "/-/status.json"}
    assert Wish(tmp_path).take()


def test_who_may_not_is_refused_and_nothing_is_asked(tmp_path: Path) -> None:
    assert post(tmp_path, Wish(tmp_path), "AccessDenied: sign it") == (403, b"AccessDenied: sign it\n")
    assert not Wish(tmp_path).take()


def test_a_disk_that_takes_no_wish_is_told_with_the_remedy(tmp_path: Path) -> None:
    status, body = post(tmp_path, Wish(tmp_path / "gone"), None)
    assert status == 503
    assert b"is gone" in body
