"""A connection that hands requests which come in one piece to the S3 side, past the ASGI server's tasks and messages.

uvicorn's own way is for everything else: /-/, bodies that come in pieces or wait for `100 Continue`, what follows a
request not yet answered. Both ways end in the same service, so they can't differ in what they answer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from dvc_sync_s3.app.connection import WatchedConnection
from dvc_sync_s3.app.limits import MAX_HEADERS, RefusedHeadError
from dvc_sync_s3.app.server import Application
from dvc_sync_s3.s3.request import USUAL_NAMES, Head, add_header
from dvc_sync_s3.s3.sending import wire_lines
from dvc_sync_s3.s3.service import S3Service

if TYPE_CHECKING:
    from typing import Any

    from starlette.types import ASGIApp
    from uvicorn._types import ASGI3Application, HTTPScope
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from dvc_sync_s3.s3.response import Response

INDIRECT = frozenset(["expect", "transfer-encoding", "upgrade", "x-forwarded-for", "x-forwarded-proto"])
"""Headers of requests that go uvicorn's way; a proxy's change what it says of the client."""
_HASH = ord("#")


class DirectConnection(WatchedConnection):
    """Answer what comes in one piece at once, the rest as `WatchedConnection` does."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._service = None if config.root_path or config.limit_concurrency is not None else _s3_of(self.app)
        self._scheme, self._address = "http", ""
        self._headers: dict[str, str] = {}
        self._head: Head | None = None
        """Of a request that can be answered directly and whose end hasn't come yet."""
        self._body = b""
        self._is_direct = False
        self._told_headers: list[tuple[bytes, bytes]] | None = None
        self._told = b""
        self._running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note who came, and how."""
        super().connection_made(transport)
        self._scheme, self._address = self.scheme or "http", self.client[0] if self.client else ""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole, and give one that isn't to uvicorn."""
        super().data_received(data)
        if self._head is not None:
            self._head, self._is_direct = None, False
            try:
                self._as_usual()
            except RefusedHeadError:
                return self.send_400_response("")
            if self._body:
                super().on_body(self._body)
        return None

    def on_message_begin(self) -> None:
        """Note that a request began."""
        self._is_head_coming, self._due_s = True, None
        self.url = b""
        self._headers = {}
        self.expect_100_continue = False
        self._body = b""
        last: RequestResponseCycle | None = self.cycle  # uvicorn's annotation forgets the first request
        self._is_direct = self._service is not None and (last is None or last.response_complete)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a header."""
        headers = self._headers
        usual = USUAL_NAMES.get(name)
        if usual is not None and usual not in headers:  # none of these is indirect
            headers[usual] = value.decode("latin-1").strip(" \t")
        elif add_header(headers, name, value) in INDIRECT:
            self._is_direct = False
            self.expect_100_continue = headers.get("expect", "").lower() == "100-continue"

    def on_headers_complete(self) -> None:
        """Decide which way the request goes."""
        self._has_progressed = True
        url = self.url
        if not self._is_direct or url[:1] != b"/" or url[:2] == b"/-" or _HASH in url or self._is_unusual():
            self._is_direct = False
            return self._as_usual()
        self._is_head_coming, self._is_body_coming = False, True
        path, _, query = url.partition(b"?")
        method = self.parser.get_method().decode("ascii")
        self._head = Head(method, path, query, self._headers, self._scheme, self._address)
        return None

    def _is_unusual(self) -> bool:
        return self.flow.write_paused or len(self._headers) > MAX_HEADERS

    def on_body(self, body: bytes) -> None:
        """Note a piece of the body."""
        if self._head is None:
            super().on_body(body)
        else:
            self._has_progressed = True
            self._body += body

    def on_message_complete(self) -> None:
        """Answer a request that is here whole."""
        head, service = self._head, self._service
        if head is None or service is None:
            if not self._is_direct:
                super().on_message_complete()
            return
        self._head, self._has_progressed, self._is_body_coming = None, True, False
        keep_alive = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
        self.cycle = answering = Answering(self, head, keep_alive)  # type: ignore[assignment]
        service.answer(head, self._body, answering)

    def _as_usual(self) -> None:
        """Let uvicorn have the request whose head is complete."""
        url, is_waiting = self.url, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, is_waiting
        for name, value in self._headers.items():  # in place: its scope has this list
            self.headers.append((name.encode("latin-1"), value.encode("latin-1")))
        super().on_headers_complete()

    def head_of_answer(self) -> bytes:
        """Return the headers that every answer of this server carries, as they go over the wire."""
        headers = self.server_state.default_headers  # another list each second
        if headers is not self._told_headers:
            self._told_headers, self._told = headers, b"".join([b"%b: %b\r\n" % pair for pair in headers])
        return self._told

    def is_last(self, answering: Answering) -> bool:
        """Tell whether no request came after this one."""
        last: object = self.cycle
        return last is answering

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request that is being answered; uvicorn tells only the last that came."""
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def start(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:
        """Let `app` answer in `cycle`, as a task."""
        self._start_asgi_task(cycle, cast("ASGI3Application", app))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)


class Answering(Struct, eq=False):
    """A request that is being answered directly; to uvicorn it looks like one of its cycles."""

    _connection: DirectConnection
    _head: Head
    keep_alive: bool
    response_complete: bool = False
    disconnected: bool = False

    @property
    def message_event(self) -> Answering:
        """Return what is told when the connection is lost."""
        return self

    def set(self) -> None:
        """Wake whoever waits for more of the request: nobody."""

    def write(self, response: Response, body: bytes) -> None:
        """Write the whole answer, unless the client left."""
        connection = self._connection
        self.response_complete = True
        if connection.transport.is_closing():
            return
        is_last = response.own_headers.get("Connection") == "close"
        end = b"\r\n" if self.keep_alive or is_last else b"Connection: close\r\n\r\n"
        parts = (STATUS_LINE[response.status], connection.head_of_answer(), wire_lines(response), end, body)
        connection.transport.write(b"".join(parts))
        if is_last or not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()

    def stream(self, app: ASGIApp) -> None:
        """Let `app` send the answer through a cycle of uvicorn's."""
        connection = self._connection
        cycle = RequestResponseCycle(
            scope=cast("HTTPScope", {"type": "http", "method": self._head.method}),
            transport=connection.transport,
            flow=connection.flow,
            logger=connection.logger,
            access_logger=connection.access_logger,
            access_log=False,
            default_headers=connection.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=self.keep_alive,
            on_response=connection.on_response_complete,
        )
        if connection.is_last(self):  # else a request that came meanwhile waits for this one's end
            connection.cycle = cycle
        cycle.disconnected = self.disconnected or connection.transport.is_closing()
        connection.start(cycle, app)


def _s3_of(app: ASGI3Application | ASGIApp) -> S3Service | None:
    """Return the S3 side of `app`, None if there is none to be asked directly."""
    inner = app.app if isinstance(app, ProxyHeadersMiddleware) else app
    found = inner.s3 if isinstance(inner, Application) else inner
    return found if isinstance(found, S3Service) else None


def answer_uvicorns_connections() -> None:
    """Let the command `uvicorn` make connections of ours, with their limits and timeouts.

    It has no name for another class on its command line but `--http`, which nobody would know of. Making its own class
    makes one of ours instead; `tests/assumptions/test_uvicorn.py` holds what that rests on.
    """

    def make(cls: type[HttpToolsProtocol], *_: object, **__: object) -> HttpToolsProtocol:
        return object.__new__(DirectConnection if cls is HttpToolsProtocol else cls)

    HttpToolsProtocol.__new__ = make  # type: ignore[method-assign, assignment]
