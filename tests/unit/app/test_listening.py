"""Sockets that are ours before they listen."""

from __future__ import annotations

import asyncio
import socket

import pytest

from dvc_sync_s3.app.listening import bind, until_listening
from dvc_sync_s3.errors import SettingsError


def test_a_bound_port_answers_nobody_and_nobody_else_gets_it() -> None:
    (ours,) = bind("127.0.0.1", 0)
    with ours, socket.socket() as client:
        assert client.connect_ex(ours.getsockname()) != 0
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(SettingsError, match="is taken"):
        bind("127.0.0.1", other.getsockname()[1])


def test_a_name_that_nobody_has_is_told_with_the_setting() -> None:
    with pytest.raises(SettingsError, match=r"HOST is nowhere\.invalid"):
        bind("nowhere.invalid", 0)


def test_waiting_ends_once_a_socket_listens() -> None:
    async def listen() -> None:
        (ours,) = bind("127.0.0.1", 0)
        with ours:
            waiting = asyncio.create_task(until_listening())
            ours.listen()
            await asyncio.wait_for(waiting, 20)

    asyncio.run(listen())
