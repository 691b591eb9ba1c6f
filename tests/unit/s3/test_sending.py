"""Answers to clients that stop listening."""

from __future__ import annotations

import asyncio
from io import BytesIO

import pytest
from starlette.types import Message

from dvc_sync_s3.s3.errors import ClientGone
from dvc_sync_s3.s3.response import FileBody, Response
from dvc_sync_s3.s3.sending import Sender

pytestmark = pytest.mark.anyio


async def test_a_client_that_takes_nothing_more_is_given_up_and_its_file_closed() -> None:
    async def send(message: Message) -> None:
        if message.get("body"):
            await asyncio.get_running_loop().create_future()

    file = BytesIO(b"body")
    sender = Sender(send, "GET", stalled_timeout_s=0.01)
    with pytest.raises(ClientGone):
        await sender.send(Response(body=FileBody(file, 0, 4)))
    sender.close()

    assert file.closed
