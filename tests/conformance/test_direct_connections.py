"""Requests that come in one piece, one behind the other, or in pieces: each is answered once, in its turn."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from dvc_sync_s3.app.direct import DirectConnection
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from tests.conformance.conftest import Service, serving
from tests.conformance.signing import ACCESS_KEY_ID, SECRET, sha256, sign
from tests.conformance.wire import Wire

LARGE = 3 * 1024 * 1024


def request(url: str, method: str, target: str, body: bytes = b"", version: str = "1.1", **more: str) -> bytes:
    headers = {**sign(method, url + target, payload_sha256=sha256(body)), "Content-Length": str(len(body)), **more}
    lines = [f"{method} {target} HTTP/{version}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_requests_that_come_together_are_answered_in_their_order(service: Service, bucket: str) -> None:
    target = f"/{bucket}/318"
    with Wire(service.url) as wire:
        wire.send(
            request(service.url, "GET", target)
            + request(service.url, "PUT", target, b"first")
            + request(service.url, "GET", target)
            + request(service.url, "PUT", target, b"second")
            + request(service.url, "HEAD", target)
            + request(service.url, "GET", target)
        )
        answers = [wire.read(to=method) for method in ("GET", "PUT", "GET", "PUT", "HEAD", "GET")]
    assert [answer.status for answer in answers] == [404, 200, 200, 200, 200, 200]
    assert [answers[2].body, answers[5].body] == [b"first", b"second"]
    assert answers[4].headers["content-length"] == "6"


def test_a_request_in_every_two_pieces_is_answered(service: Service, bucket: str) -> None:
    whole = request(service.url, "PUT", f"/{bucket}/318", b"0123456789")
    with Wire(service.url) as wire:
        for cut in range(1, len(whole), 7):
            wire.send(whole[:cut])
            wire.send(whole[cut:])
            assert wire.read().status == 200


def test_a_large_object_goes_up_and_down_between_small_ones(service: Service, bucket: str) -> None:
    body = bytes(range(256)) * (LARGE // 256)
    with Wire(service.url) as wire:
        for name, content in (("small", b"x"), ("large", body), ("small", b"y"), ("large", body[:-1])):
            wire.send(request(service.url, "PUT", f"/{bucket}/{name}", content))
            assert wire.read().status == 200
            wire.send(request(service.url, "GET", f"/{bucket}/{name}") * 2)
            assert [wire.read().body == content for _ in range(2)] == [True, True]


@pytest.mark.parametrize(
    ("version", "more"),
    [
        ("1.0", {}),
        ("1.0", {"Connection": "keep-alive"}),
        ("1.0", {"Proxy-Connection": "keep-alive"}),
        ("1.1", {"Connection": "close"}),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_connection_is_closed_behind_the_answer_when_its_client_wants_that(
    service: Service, bucket: str, method: str, version: str, more: dict[str, str]
) -> None:
    with Wire(service.url) as wire:
        wire.send(request(service.url, method, f"/{bucket}/318", b"", version, **more))
        answer = wire.read(to=method)
        assert answer.status == {"GET": 404, "PUT": 200}[method]
        assert answer.headers["connection"] == "close"
        assert wire.read_end() == b""


def test_a_refused_body_that_is_here_costs_no_connection(service: Service, bucket: str) -> None:
    wrong = request(service.url, "PUT", f"/{bucket}/318", b"body").replace(b"\r\n\r\nbody", b"\r\n\r\nydob")
    with Wire(service.url) as wire:
        wire.send(wrong)
        assert wire.read().code == "XAmzContentSHA256Mismatch"
        wire.send(request(service.url, "PUT", f"/{bucket}/318", b"body"))
        assert wire.read().status == 200


def test_a_client_that_waits_for_a_go_ahead_gets_it(service: Service, bucket: str) -> None:
    whole = request(service.url, "PUT", f"/{bucket}/318", b"body", Expect="100-continue")
    head, _, body = whole.rpartition(b"\r\n\r\n")
    with Wire(service.url) as wire:
        wire.send(head + b"\r\n\r\n")
        assert wire.read_head().status == 100
        wire.send(body)
        assert wire.read().status == 200


def test_whoever_leaves_before_the_answer_harms_nobody(service: Service, bucket: str) -> None:
    for number in range(20):
        with Wire(service.url) as wire:
            wire.send(request(service.url, "PUT", f"/{bucket}/{number}", b"body") * 3)
    with Wire(service.url) as wire:
        wire.send(request(service.url, "PUT", f"/{bucket}/last", b"body"))
        assert wire.read().status == 200


def test_answers_carry_the_date_as_the_servers_own_do(service: Service, bucket: str) -> None:
    with Wire(service.url) as wire:
        wire.send(request(service.url, "GET", f"/{bucket}/318"))
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", wire.read().headers["date"])


@pytest.fixture(scope="module")
def counting_connections(service: Service) -> Iterator[str]:
    app = S3Service(service.store, Keyring({ACCESS_KEY_ID: SECRET}), SystemClock())
    with serving(app, http=DirectConnection, limit_concurrency=1000) as authority:
        yield f"http://{authority}"


def test_where_uvicorn_is_to_count_connections_it_does(counting_connections: str, bucket: str) -> None:
    with Wire(counting_connections) as wire:
        wire.send(request(counting_connections, "PUT", f"/{bucket}/318", b"body"))
        assert wire.read().status == 200
