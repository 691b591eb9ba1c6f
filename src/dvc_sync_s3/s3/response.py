"""An answer, before it is bytes on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class FileBody:
    """A part of an open file: `size` bytes from `offset`; whoever sends it closes it."""

    file: BinaryIO
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Response:
    """A status, headers and a body; a HEAD's body is announced but not sent."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | FileBody = b""

    @property
    def size(self) -> int:
        """Return the body's size in bytes."""
        return self.body.size if isinstance(self.body, FileBody) else len(self.body)
