"""Requests without a server: ASGI scopes, bodies in pieces, and what was answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.types import Message, Receive, Scope

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import S3Request, head_of, parse_request


class StillClock:
    """Stand still."""

    def __init__(self, time: datetime) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time

    def monotonic_s(self) -> float:
        return self.time.timestamp()


MAY_2013 = datetime(2013, 5, 24, tzinfo=UTC)
"""When the requests in AWS's documentation were signed."""


def scope_of(method: str, url: str, headers: Mapping[str, str] | None = None) -> Scope:
    place = urlsplit(url)
    named = {"host": place.netloc, **{name.lower(): value for name, value in (headers or {}).items()}}
    return {
        "type": "http",
        "method": method,
        "path": place.path,
        "raw_path": place.path.encode(),
        "query_string": place.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }


def request_of(method: str, url: str, headers: Mapping[str, str] | None = None) -> S3Request:
    return parse_request(head_of(scope_of(method, url, headers)), "0123456789ABCDEF")


def refusal_of(read: Callable[[], object]) -> str | None:
    """Return the code with which `read` refuses its input, None if it takes it."""
    try:
        read()
    except S3Error as error:
        return error.code
    return None


def receiving(pieces: Sequence[bytes], *, then: Message | None = None) -> Receive:
    """Give the pieces of a body one by one, the last one as the last, or `then` instead of an end."""
    last = len(pieces) - 1
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": number < last or then is not None}
        for number, piece in enumerate(pieces)
    ]
    waiting = iter([*messages, *([then] if then else [])])

    async def receive() -> Message:
        return next(waiting)

    return receive


@dataclass(slots=True)
class Sent:
    """What an application answered."""

    messages: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode("latin-1") for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])
