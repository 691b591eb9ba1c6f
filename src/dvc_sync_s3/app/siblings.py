"""More processes that answer on the same port: one interpreter can't use a second core.

The first one is the service; it keeps the others as it keeps the sync's worker, and they end when it does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from dvc_sync_s3.app.accepting import Acceptor, OpenConnections
from dvc_sync_s3.app.cores import keep_to_one_core
from dvc_sync_s3.app.direct import DirectConnection
from dvc_sync_s3.app.server import create_sibling_app
from dvc_sync_s3.clock import Clock
from dvc_sync_s3.settings import Settings
from dvc_sync_s3.sync.supervisor import Supervisor

_GRACE_S = 3
"""How long requests under way may take to end, in seconds; with the worker's end that makes less than 5."""


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return how every process of the service answers."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http="dvc_sync_s3.app.direct:DirectConnection",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )


class SharingServer(uvicorn.Server):
    """Answer what it accepts on sockets where other processes listen, too."""

    _acceptor: Acceptor | None = None

    def share(self, listening: Sequence[socket.socket], opened: OpenConnections) -> None:
        """Begin to accept, in turn with the others."""
        self._acceptor = Acceptor(listening, opened, self._connection)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, end what is being answered."""
        if self._acceptor is not None:
            self._acceptor.close()
        await super().shutdown(sockets)

    def _connection(self) -> DirectConnection:
        return DirectConnection(self.config, self.server_state, self.lifespan.state)


class ServerWithSiblings(SharingServer):
    """Answer, and let `count` other processes accept connections on the same sockets, from the start to the end."""

    def __init__(self, config: uvicorn.Config, count: int, hidden: Path, clock: Clock) -> None:
        super().__init__(config)
        self._processes = count + 1
        self._hidden = hidden
        self._clock = clock
        self._counts = tempfile.TemporaryFile()  # noqa: SIM115 - the others inherit it, whenever they start
        self._siblings: list[Supervisor] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then start the others."""
        await super().startup(sockets)
        if self._processes == 1:
            return
        listening = [socket.socket(fileno=os.dup(one.fileno())) for server in self.servers for one in server.sockets]
        for server in self.servers:
            server.close()  # it would accept whatever comes; our own sockets go on listening
        self.servers = []
        self.share(listening, OpenConnections(self._counts.fileno(), self._processes, 0))
        for number in range(1, self._processes):
            self._siblings.append(self._keeper(number, listening))
            self._siblings[-1].start()
        keep_to_one_core(0, self._processes)

    def _keeper(self, number: int, listening: Sequence[socket.socket]) -> Supervisor:
        lock_name = f"sibling-{number}-on-{listening[0].getsockname()[1]}.lock"
        descriptors = [self._counts.fileno(), *(listener.fileno() for listener in listening)]
        words = map(str, (number, self._processes, *descriptors))
        command = (sys.executable, "-m", "dvc_sync_s3", "answer", *words)
        return Supervisor(self._hidden, command, self._clock, lock_name, descriptors, stop_timeout_s=_GRACE_S + 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, all at once."""
        closing = [asyncio.to_thread(sibling.close) for sibling in self._siblings]
        await asyncio.gather(super().shutdown(sockets), *closing)


class Sibling(SharingServer):
    """Answer what comes to sockets that listen already."""

    def __init__(self, config: uvicorn.Config, listening: Sequence[socket.socket], opened: OpenConnections) -> None:
        super().__init__(config)
        self._listening = listening
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets or [])
        self.share(self._listening, self._opened)
        keep_to_one_core(self._opened.number, self._opened.processes)


def run_sibling(settings: Settings, listening: Sequence[int], opened: OpenConnections) -> None:
    """Answer on these sockets until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches us too; afterwards there is nothing to interrupt
    config = server_config(create_sibling_app(settings), settings)
    config.log_level = "warning"
    config.configure_logging()
    server = Sibling(config, [socket.socket(fileno=descriptor) for descriptor in listening], opened)
    threading.Thread(target=_end_with_input, args=(server,), name="input-watch", daemon=True).start()
    server.run()


def _end_with_input(server: uvicorn.Server) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    server.should_exit = True
