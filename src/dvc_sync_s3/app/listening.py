"""Where the service listens: the sockets are its own before anything is started, and nobody is told too early."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys

import psutil

from dvc_sync_s3.errors import SettingsError

_LOOK_EVERY_S = 0.05
_SEGMENT_BYTES = 16 * 1024


def bind(host: str, port: int) -> list[socket.socket]:
    """Return sockets on all addresses of `host`, which don't listen yet; raise SettingsError if there are none."""
    bound: list[socket.socket] = []
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(addresses):
            bound.append(socket.socket(family, kind, protocol))
            if os.name == "posix":  # on Windows it would let two programs share the port
                bound[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            _take_small_segments(bound[-1])
            bound[-1].bind(address)
    except OSError as error:
        for each in bound:
            each.close()
        raise SettingsError(_refusal(error, host, port)) from None
    return bound


def _take_small_segments(listening: socket.socket) -> None:
    """Let nobody have megabytes on the way before it learns that it is refused: on loopback a segment has 64 KiB.

    Linux gives a sender room for some twenty segments, twice. No other network has segments of this size.
    """
    if sys.platform == "linux":
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT_BYTES)


async def until_listening() -> None:
    """Wait until this process has a socket that listens, whoever opened it: uvicorn tells its application nothing."""
    while not _is_listening():  # noqa: ASYNC110 - uvicorn sets no event
        await asyncio.sleep(_LOOK_EVERY_S)


def _is_listening() -> bool:
    try:
        return any(one.status == psutil.CONN_LISTEN for one in psutil.Process().net_connections("tcp"))
    except psutil.Error:  # the system doesn't say
        return True


def _refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program: stop that one, or set another PORT."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {port} of {host} is not for this user: set a PORT of 1024 or above."
    return f"HOST is {host}, which is no address of this machine: set 127.0.0.1, or 0.0.0.0 for all of its addresses."
