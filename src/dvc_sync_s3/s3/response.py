"""An answer, before it is bytes on the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class FileBody:
    """A part of an open file: `size` bytes from `offset`; whoever sends it closes it."""

    file: BinaryIO
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class PendingBody:
    """A document that takes long: spaces before it, one each `interval_s`, keep the connection until it is there.

    XML allows them behind its declaration.
    """

    document: Awaitable[bytes]
    interval_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Response:
    """A status, headers and a body; a HEAD's body is announced but not sent."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | FileBody | PendingBody = b""

    @property
    def size(self) -> int | None:
        """Return the body's size in bytes, None if nobody knows it yet."""
        match self.body:
            case bytes():
                return len(self.body)
            case FileBody():
                return self.body.size
            case PendingBody():
                return None
