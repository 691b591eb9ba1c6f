"""A client for many connections in one thread, as bare as can be: it must never be the bottleneck."""

from __future__ import annotations

import contextlib
import itertools
import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


_TRIES = 4


class Refused(Exception):
    """A server answered something else than 200 or 204, or hung up."""


def send(port: int, requests: Sequence[bytes], connections: int, duration_s: float | None) -> list[float]:
    """Send each of `requests` once, or all over again until `duration_s` is over; return the latencies in seconds.

    Each connection waits for its answer before it sends the next. What a server couldn't do (5xx) is asked again, as
    SDKs do, and takes that much longer: rclone fails now and then. Raises Refused.
    """
    waiting = iter(requests) if duration_s is None else itertools.cycle(requests)
    deadline_s = time.perf_counter() + (duration_s or 1e9)
    latencies_s: list[float] = []
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        opened = [_Connection(port) for _ in range(connections)]
        for one in opened:
            stack.callback(one.close)
            if one.send_next(waiting):
                selector.register(one.socket, selectors.EVENT_READ, one)
        while selector.get_map():
            for key, _ in selector.select():
                one = key.data
                if not one.receive():
                    continue
                now_s = time.perf_counter()
                latencies_s.append(now_s - one.began_s)
                if one.is_closing:
                    selector.unregister(one.socket)
                    one.reconnect()
                    selector.register(one.socket, selectors.EVENT_READ, one)
                if now_s > deadline_s or not one.send_next(waiting):
                    selector.unregister(one.socket)
    return latencies_s


def ask(port: int, request: bytes) -> bytes:
    """Send one request over a connection of its own and return the answer's body. Raises Refused."""
    one = _Connection(port)
    with one.socket:
        one.send_next(iter([request]))
        while not one.receive():
            pass
    return one.body


class _Connection:
    def __init__(self, port: int) -> None:
        self._port = port
        self.socket = self._connect()
        self.began_s = 0.0
        self._request = self._answer = b""
        self._tries = 0

    @property
    def is_closing(self) -> bool:
        """Return whether the server said that it closes the connection after this answer, as moto does after each."""
        return _CLOSE.search(self._answer.partition(b"\r\n\r\n")[0]) is not None

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def reconnect(self) -> None:
        """Go on over a new connection."""
        self.close()
        self.socket = self._connect()

    def _connect(self) -> socket.socket:
        connected = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    @property
    def body(self) -> bytes:
        """Return the body received."""
        head, _, rest = self._answer.partition(b"\r\n\r\n")
        if not _CHUNKED.search(head):
            return rest
        chunks = []
        while size := int(rest[: rest.index(b"\r\n")], 16):
            begin = rest.index(b"\r\n") + 2
            chunks.append(rest[begin : begin + size])
            rest = rest[begin + size + 2 :]
        return b"".join(chunks)

    def send_next(self, waiting: Iterator[bytes]) -> bool:
        request = next(waiting, None)
        if request is None:
            return False
        self._request, self._tries = request, 0
        self.began_s = time.perf_counter()
        self._send()
        return True

    def _send(self) -> None:
        self._answer = b""
        self._tries += 1
        self.socket.sendall(self._request)

    def receive(self) -> bool:
        """Read what came; return whether that is the whole answer."""
        part = self.socket.recv(1 << 18)
        self._answer += part
        head, end, body = self._answer.partition(b"\r\n\r\n")
        status = head[9:12]
        is_worth_a_try = status[:1] == b"5" and self._tries < _TRIES and not self.is_closing
        if not part or (end and status not in {b"200", b"204"} and not is_worth_a_try):
            raise Refused(self._answer[:500].decode(errors="replace"))
        if not (end and _is_whole(head, body)):
            return False
        if status[:1] == b"5":
            self._send()
            return False
        return True


def _is_whole(head: bytes, body: bytes) -> bool:
    if found := _LENGTH.search(head):
        return len(body) >= int(found[1])
    return body.endswith(b"0\r\n\r\n") if _CHUNKED.search(head) else True
