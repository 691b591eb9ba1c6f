"""Answers to clients that stop listening."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from starlette.types import Message

from dvc_sync_s3.s3.errors import ClientGone
from dvc_sync_s3.s3.header_lines import SharedHeaders
from dvc_sync_s3.s3.patience import Patience
from dvc_sync_s3.s3.response import FileBody, PendingBody, Response
from dvc_sync_s3.s3.sending import Sender, wire_headers, wire_lines
from dvc_sync_s3.s3.xml import document
from tests.unit.s3.asgi import Sent

pytestmark = pytest.mark.anyio


async def test_a_client_that_takes_nothing_more_is_given_up_and_its_file_closed() -> None:
    async def send(message: Message) -> None:
        if message.get("body"):
            await asyncio.get_running_loop().create_future()

    file = BytesIO(b"body")
    sender = Sender(send, "GET", Patience(0.001), stalled_timeout_s=0.01)
    with pytest.raises(ClientGone):
        await sender.send(Response(body=FileBody(file, 0, 4, datetime.now(UTC))))
    sender.close()

    assert file.closed


async def test_a_document_that_takes_long_is_announced_by_spaces() -> None:
    made: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    sent = Sent()

    async def send(message: Message) -> None:
        await sent.send(message)
        if message.get("body") == b" " and len(sent.messages) > 3:
            made.set_result(document("Done", "yes", namespace=""))

    await Sender(send, "POST", Patience()).send(Response(body=PendingBody(made, interval_s=0.001)))

    assert "content-length" not in sent.headers
    assert sent.body == b'<?xml version="1.0" encoding="UTF-8"?>\n  <Done>yes</Done>'
    assert sent.messages[-1].get("more_body", False) is False


def test_a_header_can_not_end_before_its_value_does() -> None:
    headers = wire_headers(Response(headers={"x-amz-meta-note": "a\r\nSet-Cookie: b"}))
    assert headers["x-amz-meta-note"] == "a  Set-Cookie: b"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0"])
async def test_no_header_ends_before_its_line_does(end: str) -> None:
    response = Response(headers={"x-amz-meta-note": f"a{end}Set-Cookie: b", f"x-amz-meta-c{end}d": "e"}, body=b"four")
    spaces = " " * len(end)
    assert wire_lines(response).decode().split("\r\n") == [
        f"x-amz-meta-note: a{spaces}Set-Cookie: b",
        f"x-amz-meta-c{spaces}d: e",
        "Content-Length: 4",
        "",
    ]


async def test_headers_that_answers_share_make_the_same_lines_and_each_answer_adds_its_own() -> None:
    shared = SharedHeaders({"ETag": '"e"', "x-amz-meta-note": "a\r\nb", "Content-Length": "4"})
    own = {"x-amz-request-id": "1"}
    answer, alike = Response(200, shared, b"four", own), Response(200, dict(shared), b"four", own)

    assert wire_lines(answer) == wire_lines(alike)
    assert wire_lines(answer).endswith(b"x-amz-meta-note: a  b\r\nContent-Length: 4\r\nx-amz-request-id: 1\r\n")
    assert wire_headers(answer) == wire_headers(alike)


async def test_an_answer_without_a_body_has_no_length() -> None:
    assert wire_lines(Response(304, {"ETag": '"e"', "Content-Length": "4"})) == b'ETag: "e"\r\n'


async def test_a_file_that_is_changed_while_it_is_sent_is_not_sent_to_its_end(tmp_path: Path) -> None:
    path, size = tmp_path / "body", 1024 * 1024
    path.write_bytes(b"o" * size)
    stored_at = datetime(2026, 11, 1, tzinfo=UTC)
    sent: list[bytes] = []

    async def send(message: Message) -> None:
        if len(sent) == 1:  # the first piece, after the headers
            with path.open("r+b") as file:
                file.write(b"t" * size)
        sent.append(message.get("body", b""))

    with path.open("rb") as file:
        await Sender(send, "GET", Patience(1)).send(Response(body=FileBody(file, 0, size, stored_at)))
    assert len(b"".join(sent)) < size


async def test_a_file_that_gets_its_objects_time_while_it_is_sent_is_sent_whole(tmp_path: Path) -> None:
    path, size = tmp_path / "body", 1024 * 1024
    path.write_bytes(b"o" * size)
    stored_at = datetime(2026, 11, 1, tzinfo=UTC)
    sent: list[bytes] = []

    async def send(message: Message) -> None:
        os.utime(path, (stored_at.timestamp(),) * 2)
        sent.append(message.get("body", b""))

    with path.open("rb") as file:
        await Sender(send, "GET", Patience(1)).send(Response(body=FileBody(file, 0, size, stored_at)))
    assert b"".join(sent) == b"o" * size
