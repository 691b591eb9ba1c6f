"""Measure the event loop's thread alone: python -m tests.bench.bench_loop put|get|bare [--help].

Not collected by pytest. Hands signed requests to uvicorn's protocol, without a socket and without a client, several
connections at once, and prints the thread's CPU time for each request: the best round and the middle one. Compare two
versions in turn, each with its own PYTHONPATH. `bare` is an application that answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from dvc_sync_s3.app.direct import DirectConnection
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.logs import configure_logs
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.store import Store
from tests.bench.signed import ACCESS_KEY_ID, BUCKET, SECRET, Target, signed_requests

_LOOK_EVERY_S = 0.002


class Wire(asyncio.Transport):
    """A connection's other end: keeps what was answered last."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.answer = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.answer += bytes(data)

    def is_closing(self) -> bool:
        return False


class Connection:
    def __init__(self, config: uvicorn.Config, state: ServerState) -> None:
        self._protocol = DirectConnection(config, state, {}, asyncio.get_running_loop())
        self._wire = Wire()
        self._protocol.connection_made(self._wire)

    def send(self, request: bytes) -> None:
        self._wire.answer = b""
        self._protocol.data_received(request)

    @property
    def is_answered(self) -> bool:
        if not (self._wire.answer and self._protocol.cycle.response_complete):
            return False
        assert self._wire.answer.startswith(b"HTTP/1.1 200 "), self._wire.answer
        return True


async def answer_at_once(_: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def send_all(connections: Sequence[Connection], requests: Sequence[bytes]) -> None:
    for begin in range(0, len(requests), len(connections)):
        busy = connections[: len(requests) - begin]
        for connection, request in zip(busy, requests[begin:], strict=False):
            connection.send(request)
        while not all(connection.is_answered for connection in busy):  # noqa: ASYNC110 - an event would cost what is measured
            await asyncio.sleep(_LOOK_EVERY_S)


def read_requests(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        body = file.read(int(file.readline()))
        return [file.read(int(line)) + body for line in iter(file.readline, b"")]


async def measure(options: argparse.Namespace, folder: Path) -> None:
    store = Store(folder / "data", SystemClock())
    await store.start()
    await store.create_bucket(BUCKET)
    service = S3Service(store, Keyring({ACCESS_KEY_ID: SECRET}), SystemClock(), tell=configure_logs())
    app: ASGIApp = answer_at_once if options.operation == "bare" else service
    config = uvicorn.Config(app, lifespan="off", access_log=False, server_header=False)
    config.load()
    state = ServerState()
    connections = [Connection(config, state) for _ in range(options.connections)]
    target = Target(1, options.objects, 2048, "")
    requests = read_requests(signed_requests("put", target, folder / "puts"))
    await send_all(connections, requests)
    if options.operation == "get":
        requests = read_requests(signed_requests("get", target, folder / "gets"))
    await asyncio.to_thread(store.publish)
    spent_us = []
    for _ in range(options.rounds):
        before_s = time.thread_time()
        await send_all(connections, requests)
        spent_us.append((time.thread_time() - before_s) * 1e6 / len(requests))
    await store.close()
    print(f"{options.operation}: best {min(spent_us):.0f}, median {statistics.median(spent_us):.0f} us each")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operation", choices=["put", "get", "bare"])
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--objects", type=int, default=320)
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner,
    ):
        runner.run(measure(options, Path(name)))


if __name__ == "__main__":
    main()
