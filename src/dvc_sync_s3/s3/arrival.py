"""How a body comes: piece by piece from a client that may rest only so long, or whole with its head."""

from __future__ import annotations

import asyncio
from typing import Protocol

from msgspec import Struct
from starlette.types import Receive

from dvc_sync_s3.s3.errors import ClientGone, S3Error
from dvc_sync_s3.s3.patience import Patience

IDLE_TIMEOUT_S = 30.0
_SLOWEST_BYTES_PER_S = 1024


class Arrival(Protocol):
    """The bytes of a body on the connection, to be taken once."""

    @property
    def is_over(self) -> bool:
        """Tell whether nothing is left on the connection."""
        ...

    def whole(self) -> bytes | None:
        """Return all of it if it is here and nothing of it was taken, else None."""
        ...

    async def next(self) -> bytes | None:
        """Return what came next, None after the last; raise `ClientGone`, or `RequestTimeout` after too long a rest."""
        ...


class Arriving:
    """A body that an ASGI server receives."""

    def __init__(self, receive: Receive, patience: Patience, idle_timeout_s: float) -> None:
        self._receive = receive
        self._patience = patience
        self._idle_timeout_s = self._left_s = idle_timeout_s
        self.is_over = False

    def whole(self) -> bytes | None:
        """Return None: who doesn't wait can't know."""
        return None

    async def next(self) -> bytes | None:
        """Return what came next, None after the last; raise `ClientGone`, or `RequestTimeout` after too long a rest."""
        # A client may rest this long, and send no slower than this on average; our own work doesn't count.
        now_s = asyncio.get_running_loop().time
        while not self.is_over:
            asked_at_s = now_s()
            try:
                message = await self._patience.wait(self._receive(), self._left_s)
            except TimeoutError:
                raise S3Error("RequestTimeout") from None
            if message["type"] == "http.disconnect":
                raise ClientGone
            self.is_over = not message.get("more_body", False)
            data: bytes = message.get("body", b"")
            if data:
                left_s = self._left_s - (now_s() - asked_at_s) + len(data) / _SLOWEST_BYTES_PER_S
                self._left_s = min(left_s, self._idle_timeout_s)
                return data
        return None


class Arrived(Struct, eq=False):
    """A body that is here."""

    _data: bytes | None

    @property
    def is_over(self) -> bool:
        """Tell that nothing is left on the connection."""
        return True

    def whole(self) -> bytes | None:
        """Return all of it, once."""
        data, self._data = self._data, None
        return data

    async def next(self) -> bytes | None:
        """Return all of it, then None."""
        return self.whole() or None
