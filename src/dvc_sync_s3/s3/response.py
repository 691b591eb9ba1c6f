"""An answer, before it is bytes on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import BinaryIO

from msgspec import Struct

from dvc_sync_s3.s3.xml import CONTENT_TYPE

PATIENCE_S = 5.0
"""How long an answer's status waits for its document."""


class FileBody(Struct, frozen=True):
    """A part of an open file: `size` bytes from `offset`; whoever sends it closes it.

    The file may get the time `modified_at` while it is sent; any other means that someone changed it.
    """

    file: BinaryIO
    offset: int
    size: int
    modified_at: datetime


class PendingBody(Struct, frozen=True):
    """A document that takes long: spaces before it, one each `interval_s`, keep the connection until it is there.

    XML allows them behind its declaration.
    """

    document: Awaitable[bytes]
    interval_s: float = 10.0


class Response(Struct, frozen=True):
    """A status, headers and a body; a HEAD's body is announced but not sent."""

    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | FileBody | PendingBody = b""
    own_headers: Mapping[str, str] = MappingProxyType({})
    """What only this answer says, such as its number; `headers` may be shared with others to the same question."""

    @property
    def size(self) -> int | None:
        """Return the body's size in bytes, None if nobody knows it yet."""
        body = self.body
        if isinstance(body, bytes):
            return len(body)
        return body.size if isinstance(body, FileBody) else None


async def answer_when_done(making: Coroutine[None, None, bytes]) -> Response:
    """Answer with a document that may take long to make, after 5 s before it is there.

    What is wrong with a request shows by then; a large object takes longer, and clients don't wait for ever. Raises
    what making it raises in that time; what it raises later becomes an error document behind the 200, as in AWS.
    """
    document = asyncio.ensure_future(making)
    await asyncio.wait({document}, timeout=PATIENCE_S)
    body = document.result() if document.done() else PendingBody(document)
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=body)
