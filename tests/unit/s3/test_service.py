"""One request from top to bottom: whatever happens becomes one answer and one line in the log."""

from __future__ import annotations

import asyncio
import errno
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from starlette.types import Message, Receive
from structlog.testing import capture_logs

from dvc_sync_s3.s3.operations import OPERATIONS
from dvc_sync_s3.s3.routing import ROUTES
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.errors import IndexReplaced
from dvc_sync_s3.store.incoming import Incoming
from dvc_sync_s3.store.model import NewObject, Precondition, StoredObject
from dvc_sync_s3.store.store import Store
from tests.conformance.signing import ACCESS_KEY_ID, SECRET, presign, sha256, sign
from tests.unit.s3.asgi import Sent, StillClock, receiving, scope_of

pytestmark = pytest.mark.anyio

KEYRING = Keyring({ACCESS_KEY_ID: SECRET})
HOST = "http://127.0.0.1:8000"


class FailingStore(Store):
    """A store whose disk fails at the next put."""

    error: Exception | None = None

    async def put(self, new: NewObject, incoming: Incoming, precondition: Precondition | None = None) -> StoredObject:
        if self.error is not None:
            raise self.error
        return await super().put(new, incoming, precondition)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FailingStore]:
    store = FailingStore(tmp_path / "data", StillClock(datetime.now(UTC)))
    await store.start()
    await store.create_bucket("annotations")
    yield store
    await store.close()


@pytest.fixture
def service(store: FailingStore) -> S3Service:
    return S3Service(store, KEYRING, StillClock(datetime.now(UTC)), idle_timeout_s=0.01)


async def ask(
    service: S3Service,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    receive: Receive | None = None,
) -> Sent:
    named = {"content-length": str(len(body)), **(headers or {})}
    sent = Sent()
    signed = sign(method, HOST + target, named, payload_sha256=sha256(body))
    await service(scope_of(method, HOST + target, signed), receive or receiving([body]), sent.send)
    return sent


def code_of(sent: Sent) -> str:
    return ET.fromstring(sent.body).findtext("Code", "")  # noqa: S314 - the service under test wrote it


async def test_a_put_is_answered_and_logged_by_its_operation(service: S3Service) -> None:
    with capture_logs() as logged:
        sent = await ask(service, "PUT", "/annotations/out/318", b"body")

    assert sent.status == 200
    [line] = logged
    assert (line["operation"], line["bucket"], line["key"]) == ("PutObject", "annotations", "out/318")
    assert (line["status"], line["received"], line["log_level"]) == (200, 4, "info")
    assert line["request_id"] == sent.headers["x-amz-request-id"]


@pytest.mark.parametrize("operation", sorted({route.operation for route in ROUTES} - set(OPERATIONS)))
async def test_what_is_not_offered_is_refused_by_its_name(service: S3Service, operation: str) -> None:
    route = next(route for route in ROUTES if route.operation == operation)
    path = {"service": "/", "bucket": "/annotations", "object": "/annotations/318"}[route.resource]
    query = "&".join(word if "=" in word else f"{word}=1" for word in route.query)

    sent = await ask(service, route.method, f"{path}?{query}", headers=dict.fromkeys(route.headers, "/b/k"))

    assert sent.status == 501
    assert code_of(sent) == "NotImplemented"
    assert f"{operation} is not implemented" in sent.body.decode()


async def test_what_is_not_offered_is_told_only_to_who_may_know(service: S3Service) -> None:
    sent = Sent()
    await service(scope_of("GET", f"{HOST}/annotations?policy"), receiving([b""]), sent.send)
    assert code_of(sent) == "AccessDenied"


def said_by_sqlite(code: int) -> sqlite3.Error:
    """Return what the library raises, which only it can give a code."""
    error = sqlite3.DatabaseError("a secret detail")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "ServiceUnavailable", 503),
        (OSError(errno.EROFS, "Read-only file system"), "ServiceUnavailable", 503),
        (IndexReplaced(Path("index.db")), "ServiceUnavailable", 503),
        (said_by_sqlite(sqlite3.SQLITE_IOERR_WRITE), "ServiceUnavailable", 503),
        (said_by_sqlite(sqlite3.SQLITE_CORRUPT), "ServiceUnavailable", 503),
        (said_by_sqlite(sqlite3.SQLITE_FULL), "ServiceUnavailable", 503),
        (RuntimeError("a secret detail"), "InternalError", 500),
    ],
)
async def test_trouble_below_is_an_answer_without_details_and_a_line_with_them(
    service: S3Service, store: FailingStore, error: Exception, code: str, status: int
) -> None:
    store.error = error
    with capture_logs() as logged:
        sent = await ask(service, "PUT", "/annotations/318", b"body")

    assert (sent.status, code_of(sent)) == (status, code)
    assert str(error).encode() not in sent.body
    [line] = logged
    assert line["exc_info"] is error
    assert line["log_level"] == "error"


async def test_a_signature_is_in_no_line_of_the_log(service: S3Service) -> None:
    url = presign("GET", f"{HOST}/annotations/318")
    sent = Sent()
    with capture_logs() as logged:
        await service(scope_of("GET", url), receiving([b""]), sent.send)

    assert code_of(sent) == "NoSuchKey"
    assert "X-Amz-Signature" not in json.dumps(logged, default=str)
    assert "X-Amz-Signature" not in sent.body.decode()


async def test_a_body_that_stops_coming_times_out(service: S3Service, store: FailingStore) -> None:
    async def receive() -> Message:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return] # never comes

    sent = await ask(service, "PUT", "/annotations/318", b"body", receive=receive)

    assert (sent.status, code_of(sent)) == (400, "RequestTimeout")
    assert sent.headers["connection"] == "close"
    assert store.head("annotations", "318") is None


async def test_a_client_that_leaves_is_answered_nothing_and_leaves_nothing(
    service: S3Service, store: FailingStore, tmp_path: Path
) -> None:
    gone = receiving([b"x" * 300_000], then={"type": "http.disconnect"})
    with capture_logs() as logged:
        sent = await ask(service, "PUT", "/annotations/318", b"x" * 300_001, receive=gone)

    assert sent.messages == []
    assert [line["status"] for line in logged] == [499]
    assert store.head("annotations", "318") is None
    assert not any((tmp_path / "data/.dvc-sync-s3/staging").iterdir())


@pytest.mark.parametrize(
    ("target", "headers", "code"),
    [
        ("/not-there/318", {}, "NoSuchBucket"),
        ("/annotations/318?legal-hold", {}, "NotImplemented"),
        ("/annotations/" + "k" * 1025, {}, "KeyTooLongError"),
        ("/annotations/there", {"if-none-match": "*"}, "PreconditionFailed"),
        ("/annotations/not-there", {"if-match": "*"}, "NoSuchKey"),
        ("/annotations/318", {"content-length": str(5 * 1024**3 + 1)}, "EntityTooLarge"),
        ("/annotations/318", {"content-md5": "what"}, "InvalidDigest"),
        ("/annotations/318", {"x-amz-acl": "public-read"}, "AccessControlListNotSupported"),
        ("/annotations/318", {"x-amz-meta-a": "x" * 2048}, "MetadataTooLarge"),
        ("/annotations/not-there?tagging", {}, "NoSuchKey"),
    ],
)
async def test_a_body_that_is_refused_is_never_asked_for(
    service: S3Service, target: str, headers: dict[str, str], code: str
) -> None:
    async def receive() -> Message:
        pytest.fail("asking for the body would send 100 Continue")

    assert (await ask(service, "PUT", "/annotations/there", b"body")).status == 200
    sent = await ask(service, "PUT", target, b"body", headers, receive=receive)

    assert code_of(sent) == code
    assert sent.headers["connection"] == "close"


async def test_a_body_that_trickles_times_out(service: S3Service, store: FailingStore) -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.004)  # less than the client may rest, but it never makes up for it
        return {"type": "http.request", "body": b"b", "more_body": True}

    sent = await ask(service, "PUT", "/annotations/318", b"b" * 1000, receive=receive)

    assert (sent.status, code_of(sent)) == (400, "RequestTimeout")
    assert store.head("annotations", "318") is None


async def test_a_bucket_made_by_another_process_is_there_at_once(service: S3Service, store: FailingStore) -> None:
    assert code_of(await ask(service, "PUT", "/new-bucket/318", b"body")) == "NoSuchBucket"

    await store.create_bucket("new-bucket")

    assert (await ask(service, "PUT", "/new-bucket/318", b"body")).status == 200
