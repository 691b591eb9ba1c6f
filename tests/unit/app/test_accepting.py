"""Who accepts a connection where several processes listen: here, two of them on one event loop."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import tempfile
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from dvc_sync_s3.app.accepting import Acceptor, OpenConnections
from dvc_sync_s3.app.connection import WatchedConnection

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
TIMEOUT_S = 10.0


@pytest.fixture
def counts() -> Iterator[int]:
    with tempfile.TemporaryFile() as file:
        yield file.fileno()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


async def answer_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("nobody asks")


def connection() -> WatchedConnection:
    config = uvicorn.Config(answer_nothing)
    config.load()
    return WatchedConnection(config, ServerState(), {})


def accept(listener: socket.socket, opened: OpenConnections) -> Acceptor:
    return Acceptor([socket.socket(fileno=os.dup(listener.fileno()))], opened, connection)


def close(*ends: socket.socket | Acceptor) -> None:
    for end in ends:
        end.close()


async def until_open(number: int, *opened: OpenConnections) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while sum(one.count for one in opened) != number:  # noqa: ASYNC110 - a count, not an event
            await asyncio.sleep(0.001)


async def test_connections_that_come_at_once_are_spread_evenly(counts: int, listener: socket.socket) -> None:
    first, second = (OpenConnections(counts, 2, number) for number in range(2))
    clients = [socket.create_connection(listener.getsockname()) for _ in range(8)]
    acceptors = [accept(listener, opened) for opened in (first, second)]
    await until_open(8, first, second)
    assert (first.count, second.count) == (4, 4)
    close(*clients, *acceptors)
    await until_open(0, first, second)


async def test_who_has_more_leaves_the_next_to_who_has_fewer(counts: int, listener: socket.socket) -> None:
    first, second = (OpenConnections(counts, 2, number) for number in range(2))
    first.add(3)
    acceptors = [accept(listener, opened) for opened in (first, second)]
    clients = [socket.create_connection(listener.getsockname()) for _ in range(3)]
    await until_open(6, first, second)
    assert (first.count, second.count) == (3, 3)
    clients.pop().close()
    await until_open(5, first, second)
    assert (first.count, second.count) == (3, 2)
    close(*clients, *acceptors)
    await until_open(3, first, second)


async def test_a_process_that_does_not_come_for_its_share_keeps_nobody_waiting(
    counts: int, listener: socket.socket
) -> None:
    opened, absent = OpenConnections(counts, 2, 0), OpenConnections(counts, 2, 1)
    acceptor = accept(listener, opened)
    clients = [socket.create_connection(listener.getsockname()) for _ in range(4)]
    await until_open(4, opened)
    assert absent.count == 0
    close(*clients, acceptor)
    await until_open(0, opened)


async def test_a_process_that_starts_anew_begins_with_none(counts: int) -> None:
    other = OpenConnections(counts, 2, 0)
    OpenConnections(counts, 2, 1).add(5)
    other.add(1)
    assert not other.is_ahead()
    OpenConnections(counts, 2, 1)
    assert other.is_ahead()


class Exhausted(socket.socket):
    """Have no file left for the first connection."""

    refusals = 0

    def accept(self) -> tuple[socket.socket, object]:
        if not self.refusals:
            self.refusals += 1
            raise OSError(errno.EMFILE, "too many open files")
        return super().accept()


async def test_who_can_open_no_file_accepts_later(
    counts: int, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dvc_sync_s3.app.accepting._EXHAUSTED_PAUSE_S", 0.01)
    opened = OpenConnections(counts, 1, 0)
    exhausted = Exhausted(fileno=os.dup(listener.fileno()))
    acceptor = Acceptor([exhausted], opened, connection)
    client = socket.create_connection(listener.getsockname())
    await until_open(1, opened)
    assert exhausted.refusals == 1
    close(client, acceptor)
    await until_open(0, opened)
