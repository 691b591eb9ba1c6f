"""More processes that answer on the same port: one interpreter can't use a second core.

The first one is the service; it keeps the others as it keeps the sync's worker, and they end when it does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from dvc_sync_s3.app.server import create_sibling_app
from dvc_sync_s3.clock import Clock
from dvc_sync_s3.settings import Settings
from dvc_sync_s3.sync.supervisor import Supervisor


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return how every process of the service answers."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http="dvc_sync_s3.app.direct:DirectConnection",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


class ServerWithSiblings(uvicorn.Server):
    """Answer, and let `count` other processes accept connections on the same sockets, from the start to the end."""

    def __init__(self, config: uvicorn.Config, count: int, hidden: Path, clock: Clock) -> None:
        super().__init__(config)
        self._count = count
        self._hidden = hidden
        self._clock = clock
        self._siblings: list[Supervisor] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then start the others."""
        await super().startup(sockets)
        listening = [listener for server in self.servers for listener in server.sockets]
        for number in range(self._count):
            lock_name = f"sibling-{number}-on-{listening[0].getsockname()[1]}.lock"
            descriptors = [listener.fileno() for listener in listening]
            command = (sys.executable, "-m", "dvc_sync_s3", "answer", *map(str, descriptors))
            self._siblings.append(Supervisor(self._hidden, command, self._clock, lock_name, descriptors))
        for sibling in self._siblings:
            sibling.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, all at once."""
        closing = [asyncio.to_thread(sibling.close) for sibling in self._siblings]
        await asyncio.gather(super().shutdown(sockets), *closing)


def run_sibling(settings: Settings, descriptors: Sequence[int]) -> None:
    """Answer on sockets that listen already until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches us too; afterwards there is nothing to interrupt
    config = server_config(create_sibling_app(settings), settings)
    config.log_level = "warning"
    config.configure_logging()
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_input, args=(server,), name="input-watch", daemon=True).start()
    server.run([socket.socket(fileno=descriptor) for descriptor in descriptors])


def _end_with_input(server: uvicorn.Server) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    server.should_exit = True
