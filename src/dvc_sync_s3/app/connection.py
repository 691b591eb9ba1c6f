"""A connection that doesn't wait for ever for a request to begin or its head to end; uvicorn's own does.

From then on the S3 side watches the clock itself: for bodies that rest or trickle, and for answers that nobody takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class WatchedConnection(HttpToolsProtocol):
    """Close the connection when a request's head isn't whole in time, however slowly it goes on coming.

    Between requests uvicorn's keep-alive timeout counts.
    """

    head_timeout_s: ClassVar[float] = 30.0
    when_lost: Callable[[], None] | None = None
    """Called once, at the connection's end."""
    _closing: asyncio.TimerHandle | None = None
    _is_head_coming = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._is_head_coming = False
        self._watch()
        if self.when_lost is not None:
            self.when_lost()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; most heads come in one piece, and then there is nothing to wait for."""
        super().data_received(data)
        self._watch()

    def on_message_begin(self) -> None:
        """Note that a head began."""
        self._is_head_coming = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the head is whole."""
        self._is_head_coming = False
        super().on_headers_complete()

    def _watch(self) -> None:
        if not self._is_head_coming and self._closing is not None:
            self._closing.cancel()
            self._closing = None
        elif self._is_head_coming and self._closing is None:
            self._closing = self.loop.call_later(self.head_timeout_s, self.transport.close)
