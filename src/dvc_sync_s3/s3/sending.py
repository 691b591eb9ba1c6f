"""An answer onto the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from starlette.types import ASGIApp, Message, Send

from dvc_sync_s3.s3.errors import ClientGone
from dvc_sync_s3.s3.header_lines import SharedHeaders, header_lines, safe_headers
from dvc_sync_s3.s3.patience import Patience
from dvc_sync_s3.s3.response import FileBody, PendingBody, Response
from dvc_sync_s3.s3.xml import DECLARATION
from dvc_sync_s3.store.folder import read_at_once
from dvc_sync_s3.store.plain_file import is_changed, modified_ns

STALLED_TIMEOUT_S = 300.0
"""Long, because players and readers of large objects pause."""
_PIECE_BYTES = 256 * 1024


class Wire(Protocol):
    """A connection that takes an answer without ASGI's messages."""

    def write(self, response: Response, body: bytes) -> None:
        """Write the whole answer: the status and headers of `response`, and `body` in place of its own."""
        ...

    def stream(self, app: ASGIApp) -> None:
        """Let `app` send the answer as it would to an ASGI server."""
        ...


def body_at_hand(response: Response, method: str) -> bytes | None:
    """Return what is to be sent behind the headers if it is in memory, as most is; None if it isn't."""
    body = response.body
    if isinstance(body, FileBody):
        if body.size > _PIECE_BYTES or (data := read_at_once(body.file, body.offset, body.size)) is None:
            return None
        body.file.close()
        body = data
    if isinstance(body, PendingBody):
        return None
    return b"" if method == "HEAD" or response.status in (204, 304) else body


def wire_headers(response: Response) -> Mapping[str, str]:
    """Return all headers of an answer, with its body's length."""
    return safe_headers({**_with_length(response), **response.own_headers})


def wire_lines(response: Response) -> bytes:
    """Return the same headers as HTTP/1.1 has them, a line each."""
    headers = response.headers
    if isinstance(headers, SharedHeaders):
        return headers.lines + header_lines(response.own_headers)
    return header_lines({**_with_length(response), **response.own_headers})


def _with_length(response: Response) -> Mapping[str, str]:
    """Return the headers with the body's length, if it is known; a 204 or 304 has none."""
    headers = response.headers
    if response.status in (204, 304):
        return {name: value for name, value in headers.items() if name != "Content-Length"}
    if "Content-Length" in headers or (size := response.size) is None:
        return headers
    return {**headers, "Content-Length": str(size)}


class Sender:
    """Send one answer and count its bytes; `close` gives back the file it may hold."""

    def __init__(
        self, send: Send, method: str, patience: Patience, stalled_timeout_s: float = STALLED_TIMEOUT_S
    ) -> None:
        self._send = send
        self._method = method
        self._patience = patience
        self._stalled_timeout_s = stalled_timeout_s
        self._file: FileBody | None = None
        self.sent = 0

    async def send(self, response: Response) -> None:
        """Send headers and body; to a HEAD, only the headers; to a 204 or 304, no length either.

        Raises ClientGone if the client takes nothing for so long that it must be.
        """
        if isinstance(response.body, FileBody):
            self._file = response.body
        await self._send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [
                    (name.lower().encode("latin-1"), value.encode("latin-1"))
                    for name, value in wire_headers(response).items()
                ],
            }
        )
        if self._method == "HEAD" or response.status in (204, 304):
            await self._send({"type": "http.response.body"})
        elif isinstance(response.body, FileBody):
            # In memory, as small bodies mostly are: a hop to a thread costs more.
            body = response.body
            data = read_at_once(body.file, body.offset, body.size) if body.size <= _PIECE_BYTES else None
            if data is None:
                await self._send_file(body)
            else:
                await self._send_in_time({"type": "http.response.body", "body": data})
        elif isinstance(response.body, PendingBody):
            await self._send_pending(response.body)
        else:
            self.sent += len(response.body)
            await self._send({"type": "http.response.body", "body": response.body})

    async def _send_file(self, body: FileBody) -> None:
        body.file.seek(body.offset)
        left, begun_ns = body.size, modified_ns(body.file)
        while left:
            # A file cut short or changed under us leaves the answer short: uvicorn then breaks the connection.
            piece = await asyncio.to_thread(body.file.read, min(left, _PIECE_BYTES))
            left -= len(piece)
            if not piece or (not left and is_changed(body.file, begun_ns, body.modified_at)):
                break
            await self._send_piece(piece)
        await self._send({"type": "http.response.body"})

    async def _send_pending(self, body: PendingBody) -> None:
        document, declaration = asyncio.ensure_future(body.document), DECLARATION.encode()
        await self._send_piece(declaration)
        while not (await asyncio.wait({document}, timeout=body.interval_s))[0]:
            await self._send_piece(b" ")
        await self._send_piece(document.result().removeprefix(declaration))
        await self._send({"type": "http.response.body"})

    async def _send_piece(self, piece: bytes) -> None:
        await self._send_in_time({"type": "http.response.body", "body": piece, "more_body": True})

    async def _send_in_time(self, message: Message) -> None:
        self.sent += len(message["body"])
        try:
            await self._patience.wait(self._send(message), self._stalled_timeout_s)
        except TimeoutError:
            raise ClientGone from None

    def close(self) -> None:
        """Close the file, however sending ended."""
        if self._file is not None:
            self._file.file.close()
