"""Who accepts a connection where several processes listen: the one that has the fewest.

Left to itself, Linux gives a burst of connections to whichever process wakes up first, often all of it.
"""

from __future__ import annotations

import asyncio
import errno
import mmap
import os
import socket
import struct
from collections.abc import Callable, Sequence

import structlog

from dvc_sync_s3.app.connection import WatchedConnection

log = structlog.get_logger("app")

YIELD_S = 0.002
"""How long a connection is left to a process that has fewer; then whoever is awake takes it."""
_EXHAUSTED_PAUSE_S = 1.0
_EXHAUSTED = frozenset([errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
_SLOT = struct.Struct("q")


class OpenConnections:
    """How many connections each of `processes` processes has open, in memory that they share: a file's."""

    def __init__(self, descriptor: int, processes: int, own: int) -> None:
        """Be process number `own`, which begins with none; raise OSError if the file can't be mapped."""
        self.number, self.processes = own, processes
        if os.fstat(descriptor).st_size < processes * _SLOT.size:
            os.ftruncate(descriptor, processes * _SLOT.size)
        self._shared = mmap.mmap(descriptor, processes * _SLOT.size)
        self._others = [number * _SLOT.size for number in range(processes) if number != own]
        self._own = own * _SLOT.size
        self.count = 0
        self.add(0)

    def add(self, more: int) -> None:
        """Tell the others that there are `more` of them here, or fewer."""
        self.count += more
        _SLOT.pack_into(self._shared, self._own, self.count)

    def is_ahead(self) -> bool:
        """Tell whether another process has fewer."""
        return any(_SLOT.unpack_from(self._shared, place)[0] < self.count for place in self._others)


class Acceptor:
    """Accept connections on `listening`, which other processes do, too, until closed."""

    def __init__(
        self, listening: Sequence[socket.socket], opened: OpenConnections, protocol: Callable[[], WatchedConnection]
    ) -> None:
        """Let a `protocol` of its own answer each."""
        self._listening = listening
        self._opened = opened
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._starting: set[asyncio.Task[None]] = set()
        self._is_closed = False
        for listener in listening:
            listener.settimeout(0)
            self._listen(listener)

    def close(self) -> None:
        """Accept no more; what was accepted goes on."""
        self._is_closed = True
        for listener in self._listening:
            self._loop.remove_reader(listener)
            listener.close()

    def _listen(self, listener: socket.socket) -> None:
        if not self._is_closed:
            self._loop.add_reader(listener, self._on_connection, listener)

    def _on_connection(self, listener: socket.socket) -> None:
        if self._opened.is_ahead():
            self._loop.remove_reader(listener)
            self._loop.call_later(YIELD_S, self._accept_what_is_left, listener)
        else:
            self._accept(listener)

    def _accept_what_is_left(self, listener: socket.socket) -> None:
        self._listen(listener)
        if not self._is_closed:
            self._accept(listener)

    def _accept(self, listener: socket.socket) -> None:
        try:
            accepted, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another process took it, or it is gone
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            log.error("no connection can be accepted: allow more open files (ulimit -n)", trouble=str(error))  # noqa: TRY400
            self._loop.remove_reader(listener)
            self._loop.call_later(_EXHAUSTED_PAUSE_S, self._listen, listener)
            return
        accepted.settimeout(0)
        self._opened.add(1)  # now: the next one may be waiting already
        starting = self._loop.create_task(self._start(accepted))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)

    async def _start(self, accepted: socket.socket) -> None:
        protocol = self._protocol()
        protocol.when_lost = lambda: self._opened.add(-1)
        try:
            await self._loop.connect_accepted_socket(lambda: protocol, accepted)
        except OSError:  # the client has left already
            accepted.close()
            self._opened.add(-1)
