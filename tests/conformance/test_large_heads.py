"""Heads, trailers and rubbish that don't end: refused while they arrive, on both ways into the service."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from dvc_sync_s3.app.connection import WatchedConnection
from dvc_sync_s3.app.limits import MAX_ADDRESS_BYTES, MAX_HEAD_BYTES, MAX_HEADERS
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from tests.conformance.conftest import Service, serving
from tests.conformance.signing import ACCESS_KEY_ID, SECRET, sha256, sign
from tests.conformance.wire import Wire

PIECE = b"y" * 60_000
MOST_TAKEN = 12_000_000
"""How much the server may take before it closes: what lies in the sockets' buffers, too."""


@pytest.fixture(scope="module", params=["past the ASGI server", "through it"])
def url(request: pytest.FixtureRequest, service: Service) -> Iterator[str]:
    if request.param == "past the ASGI server":
        yield service.url
        return
    app = S3Service(service.store, Keyring({ACCESS_KEY_ID: SECRET}), SystemClock())
    with serving(app, http=WatchedConnection) as authority:
        yield f"http://{authority}"


def send_without_end(wire: Wire, begin: bytes, piece: bytes) -> int:
    """Send until the server closes; return how many bytes it took."""
    taken = 0
    try:
        wire.send(begin)
        while taken < 100_000_000:
            wire.send(piece)
            taken += len(piece)
    except ConnectionError:
        pass
    return taken


@pytest.mark.parametrize("target", ["/", "/-/ready"])
@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        ("GET {target} HTTP/1.1\r\nHost: x\r\nX-A: ", PIECE),
        ("GET {target}?", PIECE),
        ("GET {target} HTTP/1.1\r\nHost: x\r\n", b"X-A: " + PIECE + b"\r\n"),
        ("GET {target} HTTP/1.1\r\nHost: x\r\n", b"".join(b"X-%d: y\r\n" % number for number in range(9000))),
        ("PUT {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-A: ", PIECE),
        ("PUT {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;", PIECE),
    ],
    ids=["one header", "the address", "long headers", "many headers", "a trailer", "a chunk's extension"],
)
def test_what_never_ends_is_cut_off_and_fills_no_memory(url: str, target: str, begin: str, piece: bytes) -> None:
    before = psutil.Process().memory_info().rss
    with Wire(url) as wire:
        assert send_without_end(wire, begin.format(target=target).encode(), piece) < MOST_TAKEN
    assert psutil.Process().memory_info().rss - before < 20_000_000


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"y" * MAX_ADDRESS_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"y" * (MAX_HEAD_BYTES + 1), 431),
        (
            b"GET /-/ready HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % one for one in range(MAX_HEADERS + 1)) + b"\r\n",
            431,
        ),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % one for one in range(MAX_HEADERS + 1)) + b"\r\n", 431),
    ],
)
def test_a_head_beyond_the_limits_is_refused_by_its_status_and_closed(url: str, head: bytes, status: int) -> None:
    with Wire(url) as wire:
        wire.send(head)
        answer = wire.read_end()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in answer.lower()


def test_the_longest_address_and_as_many_headers_as_may_be_are_taken(url: str) -> None:
    headers = b"".join(b"X-%d: y\r\n" % one for one in range(MAX_HEADERS - 1))
    with Wire(url) as wire:
        wire.send(b"GET /" + b"y" * (MAX_ADDRESS_BYTES - 1) + b" HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
        assert wire.read().status == 404  # no bucket of this name


def signed_put(url: str, target: str, body: bytes) -> bytes:
    headers = {**sign("PUT", url + target, payload_sha256=sha256(body)), "Content-Length": str(len(body))}
    lines = [f"PUT {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("rubbish", [b"\0\1\2 rubbish\r\n\r\n", b"GET\r\n\r\n", b"GET /" + b"y" * 20_000])
def test_rubbish_after_a_body_does_not_replace_the_bodys_answer(
    url: str, service: Service, bucket: str, rubbish: bytes
) -> None:
    with Wire(url) as wire:
        wire.send(signed_put(url, f"/{bucket}/318", b"body") + rubbish)
        assert wire.read().status == 200
        assert wire.read_end().startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 414 "))
    assert service.store.head(bucket, "318") is not None
