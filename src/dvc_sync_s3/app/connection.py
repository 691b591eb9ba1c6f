"""A connection that doesn't wait for ever for a request to begin or its head to end; uvicorn's own does.

From then on the S3 side watches the clock itself: for bodies that rest or trickle, and for answers that nobody takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from dvc_sync_s3.app.limits import LimitedConnection


class WatchedConnection(LimitedConnection):
    """Close the connection when a request's head isn't whole in time, however slowly it goes on coming.

    Between requests uvicorn's keep-alive timeout counts. There is one timer, which looks again later if there is no
    reason to close yet; most requests come long before, and to set one for each costs each of them.
    """

    head_timeout_s: ClassVar[float] = 30.0
    when_lost: Callable[[], None] | None = None
    """Called once, at the connection's end."""
    _is_head_coming = True
    _due_s: float | None = None
    """When to close; None while a request is being answered."""
    _look_at_s = 0.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._close_in(self.head_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        if self._timer is not None:
            self._timer.cancel()
        if self.when_lost is not None:
            self.when_lost()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; most heads come in one piece, and then there is nothing to wait for."""
        super().data_received(data)
        if self._is_head_coming and self._due_s is None:
            self._close_in(self.head_timeout_s)

    def on_message_begin(self) -> None:
        """Note that a head began."""
        self._is_head_coming, self._due_s = True, None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the head is whole."""
        self._is_head_coming = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request that came, or wait for one: as uvicorn does, without a timer of its own."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.refuse_what_followed():
            return
        elif not self._is_head_coming:  # else the next one has begun
            self._close_in(self.timeout_keep_alive)

    def _close_in(self, left_s: float) -> None:
        due_s = self._due_s = self.loop.time() + left_s
        if self._timer is None or due_s < self._look_at_s:
            if self._timer is not None:
                self._timer.cancel()
            self._look_at_s = due_s
            self._timer = self.loop.call_later(left_s, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due_s is None or self.transport.is_closing():
            return
        left_s = self._due_s - self.loop.time()
        if left_s > 0:
            self._close_in(left_s)
        else:
            self.transport.close()
