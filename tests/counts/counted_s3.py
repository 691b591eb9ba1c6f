"""An S3 server that counts what it is asked: this service's own, in a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.store import Store

BUCKET, KEY_ID, SECRET = "team-data", "counted", "not a secret"


@dataclass
class CountedS3:
    """The server's address, and what it was asked since `forget`."""

    url: str
    requests: Counter[str] = field(default_factory=Counter)
    received_bytes: int = 0
    sent_bytes: int = 0

    def forget(self) -> None:
        self.requests.clear()
        self.received_bytes = self.sent_bytes = 0

    def counting(self, app: ASGIApp) -> ASGIApp:
        """Return `app`, counted."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            query = scope["query_string"].decode()
            self.requests["LIST" if "list-type" in query else str(scope["method"])] += 1

            async def receiving() -> Message:
                message = await receive()
                self.received_bytes += len(message.get("body", b""))
                return message

            async def sending(message: Message) -> None:
                self.sent_bytes += len(message.get("body", b""))
                await send(message)

            await app(scope, receiving, sending)

        return counted


@contextmanager
def serve_counted_s3(folder: Path) -> Iterator[CountedS3]:
    """Serve an empty bucket from `folder` until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        counted = CountedS3(f"http://127.0.0.1:{listening.getsockname()[1]}")
        started, servers = threading.Event(), list[uvicorn.Server]()
        thread = threading.Thread(target=lambda: asyncio.run(_serve(folder, counted, listening, started, servers)))
        thread.start()
        try:
            assert started.wait(30)
            yield counted
        finally:
            for server in servers:
                server.should_exit = True
            thread.join()


async def _serve(
    folder: Path,
    counted: CountedS3,
    listening: socket.socket,
    started: threading.Event,
    servers: list[uvicorn.Server],
) -> None:
    store = Store(folder, SystemClock())
    await store.start()
    await store.create_bucket(BUCKET)
    service = counted.counting(S3Service(store, Keyring({KEY_ID: SECRET}), SystemClock()))
    config = uvicorn.Config(service, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    servers.append(uvicorn.Server(config))
    started.set()
    await servers[0].serve(sockets=[listening])
    await store.close()
