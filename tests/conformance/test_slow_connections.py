"""Connections on which a request begins late or never ends beginning."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from dvc_sync_s3.app.direct import DirectConnection
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from tests.conformance.conftest import Service, serving
from tests.conformance.signing import ACCESS_KEY_ID, SECRET
from tests.conformance.wire import Wire

HEAD_TIMEOUT_S = 0.3


class QuickConnection(DirectConnection):
    """The same, with less patience."""

    head_timeout_s = HEAD_TIMEOUT_S


@pytest.fixture(scope="module")
def url(service: Service) -> Iterator[str]:
    app = S3Service(service.store, Keyring({ACCESS_KEY_ID: SECRET}), SystemClock())
    with serving(app, http=QuickConnection) as authority:
        yield f"http://{authority}"


@pytest.mark.parametrize("head", [b"", b"G", b"GET /bucket HTTP/1.1\r\nHost: x\r\nX-Long: a"])
def test_a_request_that_never_begins_or_never_ends_beginning_is_cut_off(url: str, head: bytes) -> None:
    with Wire(url) as wire:
        wire.send(head)
        assert wire.read_end() == b""


def test_a_head_that_trickles_is_cut_off_however_long_it_goes_on(url: str) -> None:
    deadline_s = time.monotonic() + 20

    def trickle() -> None:
        wire.send(b"GET /bucket HTTP/1.1\r\nX-Long: ")
        while time.monotonic() < deadline_s:
            wire.send(b"a")
            time.sleep(HEAD_TIMEOUT_S / 10)  # the client's slowness is what is tested

    with Wire(url) as wire, pytest.raises(ConnectionError):
        trickle()


def test_a_second_request_on_a_connection_has_as_long_for_its_head(url: str, bucket: str) -> None:
    with Wire(url) as wire:
        for _ in range(2):
            wire.send_signed("GET", f"/{bucket}?list-type=2")
            assert wire.read().status == 200
        wire.send(b"GET /")
        assert wire.read_end() == b""


def test_a_body_may_take_longer_than_a_head(url: str, service: Service, bucket: str) -> None:
    with Wire(url) as wire:
        wire.send_signed("PUT", f"/{bucket}/318", {"Content-Length": "6"}, payload_sha256="UNSIGNED-PAYLOAD")
        for piece in (b"sl", b"ow", b"ly"):
            time.sleep(HEAD_TIMEOUT_S / 2)  # as above
            wire.send(piece)
        assert wire.read().status == 200
    found = service.store.head(bucket, "318")
    assert found is not None
    assert found.size == 6


KEEP_ALIVE_S = 0.4
UNSIGNED = "UNSIGNED-PAYLOAD"


@pytest.fixture(scope="module")
def impatient_url(service: Service) -> Iterator[str]:
    app = S3Service(service.store, Keyring({ACCESS_KEY_ID: SECRET}), SystemClock())
    with serving(app, http=DirectConnection, timeout_keep_alive=KEEP_ALIVE_S) as authority:
        yield f"http://{authority}"


def test_a_connection_that_rests_after_an_answer_is_closed_but_not_between_requests(
    impatient_url: str, bucket: str
) -> None:
    with Wire(impatient_url) as wire:
        for _ in range(6):
            wire.send_signed("GET", f"/{bucket}?list-type=2")
            assert wire.read().status == 200
            time.sleep(KEEP_ALIVE_S / 4)  # the client's rest is what is tested
        began_s = time.monotonic()
        assert wire.read_end() == b""
        assert time.monotonic() - began_s < KEEP_ALIVE_S * 10


def test_a_connection_whose_last_request_came_in_pieces_is_closed_too(impatient_url: str, bucket: str) -> None:
    with Wire(impatient_url) as wire:
        wire.send_signed("PUT", f"/{bucket}/318", {"Content-Length": "6"}, payload_sha256=UNSIGNED)
        for piece in (b"sl", b"ow", b"ly"):
            wire.send(piece)
        assert wire.read().status == 200
        assert wire.read_end() == b""
