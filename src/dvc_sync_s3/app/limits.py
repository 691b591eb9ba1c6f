"""How much of a request may arrive before its head is whole: looked at while it arrives, not when it is in memory.

`DirectConnection` and uvicorn's own connection share the parser, httptools. It keeps a header that hasn't ended, so
bytes are counted before the parser gets them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ADDRESS_BYTES = 16 * 1024
MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 200

_WORDS = {
    400: "Invalid HTTP request received.",
    414: f"The address is longer than {MAX_ADDRESS_BYTES} bytes.",
    431: f"The head has more than {MAX_HEAD_BYTES} bytes or {MAX_HEADERS} headers.",
}


class RefusedHeadError(Exception):
    """End the parsing: the head is too large."""


class LimitedConnection(HttpToolsProtocol):
    """Refuse a head beyond the limits with 414 or 431 and close; the same for trailers and for chunk extensions.

    What is refused never replaces the answer to a request before it: that one is answered first.
    """

    _refusal = 400
    """The status if the parser stops now."""
    _pending_refusal: int | None = None
    """The status to send once the request before is answered; nothing more is read then."""
    _bytes_without_progress = 0
    """How much came in a row that ended no head, brought no body and ended no request."""
    _has_progressed = False
    _is_body_coming = False

    def data_received(self, data: bytes) -> None:
        """Read on, unless too much came of something that doesn't end."""
        if self._pending_refusal is not None:
            return
        self._has_progressed = False
        super().data_received(data)
        if self._has_progressed:
            self._bytes_without_progress = 0
            return
        self._bytes_without_progress += len(data)
        if self._bytes_without_progress > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refusal = 431
            self.send_400_response("")

    def on_url(self, url: bytes) -> None:
        """Note a piece of the address."""
        if len(self.url) + len(url) > MAX_ADDRESS_BYTES:
            self._refusal = 414
            raise RefusedHeadError
        self.url += url

    def on_headers_complete(self) -> None:
        """Note that the head is whole, if it is within the limits."""
        self._has_progressed = self._is_body_coming = True
        self._check_headers(self.headers)
        super().on_headers_complete()

    def _check_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        sizes = [len(name) + len(value) for name, value in headers]
        if len(sizes) > MAX_HEADERS or sum(sizes) > MAX_HEAD_BYTES:
            self._refusal = 431
            raise RefusedHeadError

    def on_body(self, body: bytes) -> None:
        """Note a piece of the body."""
        self._has_progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note the end of a request."""
        self._has_progressed, self._is_body_coming = True, False
        super().on_message_complete()

    def send_400_response(self, _: str) -> None:
        """Refuse what came and close, after the request before it has its answer; uvicorn asks for this."""
        last: object = self.cycle
        is_answering = last is not None and not self.cycle.response_complete
        if is_answering and not self._is_body_coming:
            self._pending_refusal = self._refusal
            self.flow.pause_reading()
        else:
            self._refuse(self._refusal)

    def refuse_what_followed(self) -> bool:
        """Refuse what came behind the request that is answered now; return whether there was something to refuse."""
        if self._pending_refusal is None:
            return False
        self._refuse(self._pending_refusal)
        return True

    def _refuse(self, status: int) -> None:
        words = _WORDS[status].encode()
        head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(
            words
        )
        self.transport.write(STATUS_LINE[status] + head + words)
        self.transport.close()
