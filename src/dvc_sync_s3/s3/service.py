"""One request, from top to bottom: read this page first.

parse → preflight? → name the operation → who asks? → may they? → run the operation → answer.
Whatever is raised on the way becomes an answer here and nowhere else.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Awaitable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from starlette.types import ASGIApp, Receive, Scope, Send

from dvc_sync_s3.clock import Clock
from dvc_sync_s3.logs import Answered, Tell, level_of, tell
from dvc_sync_s3.s3.access.accounts import ANONYMOUS, Accounts
from dvc_sync_s3.s3.access.authorization import authorize, find_bucket
from dvc_sync_s3.s3.access.decision import Asker
from dvc_sync_s3.s3.access.ownership import Ownership
from dvc_sync_s3.s3.arrival import IDLE_TIMEOUT_S, Arrival, Arrived, Arriving
from dvc_sync_s3.s3.body import RequestBody, request_body
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.cors import CorsRule, cors_headers, preflight, rules_of
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import ClientGone, S3Error, as_s3_error
from dvc_sync_s3.s3.operations import OPERATIONS
from dvc_sync_s3.s3.patience import LOOK_EVERY_S, Patience
from dvc_sync_s3.s3.permissions import require_permission
from dvc_sync_s3.s3.refusal import extras_of
from dvc_sync_s3.s3.request import Head, S3Request, head_of, parse_request
from dvc_sync_s3.s3.response import PendingBody, Response
from dvc_sync_s3.s3.routing import operation_of
from dvc_sync_s3.s3.sending import Sender, Wire, body_at_hand
from dvc_sync_s3.s3.sigv4.claim import claims_a_signature
from dvc_sync_s3.s3.sigv4.verify import Keyring, Signed, verify
from dvc_sync_s3.s3.steps import run_in_steps
from dvc_sync_s3.s3.xml import CONTENT_TYPE, document
from dvc_sync_s3.store.store import Store

_GONE = 499
"""What logs call a client that left before its answer."""


class _Exchange(Struct, eq=False):
    """What is known of one request so far: for its answer and for its line in the log."""

    head: Head
    arrival: Arrival
    request_id: str
    started_s: float
    request: S3Request | None = None
    operation: str = "-"
    body: RequestBody | None = None
    cors_rules: tuple[CorsRule, ...] = ()
    code: str | None = None
    trouble: Exception | None = None


class S3Service:
    """The ASGI application that speaks S3."""

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        clock: Clock,
        *,
        domains: tuple[str, ...] = (),
        new_buckets: Ownership = Ownership.ENFORCED,
        idle_timeout_s: float = IDLE_TIMEOUT_S,
        tell: Tell = tell,
    ) -> None:
        """Answer from `store` whoever signs with a key of `keyring` and never lets a body rest for `idle_timeout_s`.

        Under each of `domains` a bucket may be a host of its own. `new_buckets` says how their objects are owned.
        Each request that was answered is given to `tell`.
        """
        self._store = store
        self._keyring = keyring
        self._accounts = Accounts(keyring.accounts.values())
        self._clock = clock
        self._domains = domains
        self._new_buckets = new_buckets
        self._idle_timeout_s = idle_timeout_s
        self._patience = Patience(min(LOOK_EVERY_S, idle_timeout_s / 4))
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of an ASGI server, whatever happens, and log one line about it."""
        exchange = self._begin(head_of(scope), Arriving(receive, self._patience, self._idle_timeout_s))
        try:
            response = await self._answer(exchange)
        except ClientGone:
            self._log(exchange, _GONE, 0)
        else:
            await self._send(exchange, response, send)

    def answer(self, head: Head, body: bytes, wire: Wire) -> None:
        """Answer one request that is here whole: the same without a task, messages and waiting for the client."""
        run_in_steps(self._answer_at_once(self._begin(head, Arrived(body)), wire))

    async def _answer_at_once(self, exchange: _Exchange, wire: Wire) -> None:
        response = await self._answer(exchange)
        body = body_at_hand(response, exchange.head.method)
        if body is None:
            wire.stream(self._sending(exchange, response))
        else:
            wire.write(response, body)
            self._log(exchange, response.status, len(body))

    def _sending(self, exchange: _Exchange, response: Response) -> ASGIApp:
        async def app(_: Scope, __: Receive, send: Send) -> None:
            await self._send(exchange, response, send)

        return app

    def _begin(self, head: Head, arrival: Arrival) -> _Exchange:
        return _Exchange(head, arrival, f"{random.getrandbits(64):016X}", self._clock.monotonic_s())

    async def _answer(self, exchange: _Exchange) -> Response:
        """Return the whole answer, whatever happens; raise nothing but ClientGone."""
        try:
            response = await self._respond(exchange)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - the one place where whatever happened becomes an answer
            response = _refuse(exchange, error)
        return self._finish(exchange, response)

    async def _send(self, exchange: _Exchange, response: Response, send: Send) -> None:
        sender = Sender(send, exchange.head.method, self._patience)
        if isinstance(response.body, PendingBody):
            told = _told(exchange, response.body.document)
            response = replace(response, body=replace(response.body, document=told))
        try:
            with contextlib.suppress(ClientGone):
                await sender.send(response)
        finally:
            sender.close()
            self._log(exchange, response.status, sender.sent)

    async def _respond(self, exchange: _Exchange) -> Response:
        request = exchange.request = parse_request(exchange.head, exchange.request_id, self._domains)
        if "origin" in request.headers:
            exchange.cors_rules = self._cors_rules(request.bucket)
        if request.method == "OPTIONS":
            exchange.operation = "Preflight"
            return preflight(exchange.cors_rules, request.headers)
        exchange.operation = operation_of(request)
        now = self._clock.now()
        signed = self._verify(request, exchange.operation, now)
        account = ANONYMOUS if signed is None else self._keyring.account(signed.credential.access_key_id)
        asker, bucket = Asker(account, request.address), find_bucket(self._store, request.bucket)
        authorize(self._store, asker, exchange.operation, request, bucket)
        operation = OPERATIONS.get(exchange.operation)
        if operation is None:
            raise S3Error("NotImplemented", f"{exchange.operation} is not implemented.")
        exchange.body = request_body(request, signed, exchange.arrival)
        return await operation(
            Call(
                request=request,
                body=exchange.body,
                store=self._store,
                keyring=self._keyring,
                now=now,
                asker=asker,
                accounts=self._accounts,
                found=bucket,
                new_buckets=self._new_buckets,
            )
        )

    def _verify(self, request: S3Request, operation: str, now: datetime) -> Signed | None:
        """Return who signed; None if nobody did, or if it stands in a form inside the body."""
        if operation == "PostObject" or not claims_a_signature(request):
            return None
        signed = verify(request, self._keyring, now)
        require_permission(self._keyring, signed.credential.access_key_id, operation)
        return signed

    def _cors_rules(self, bucket: str | None) -> tuple[CorsRule, ...]:
        return rules_of(None if bucket is None else self._store.bucket_document(bucket, BucketDocument.CORS))

    def _finish(self, exchange: _Exchange, response: Response) -> Response:
        """Add what every answer carries."""
        headers = {"x-amz-request-id": exchange.request_id}
        request = exchange.request
        if request is not None and exchange.cors_rules:
            headers.update(cors_headers(exchange.cors_rules, request.headers, request.method))
        if _leaves_a_body_unread(exchange):
            # The rest of the body would be read as the next request; SDKs wait for a second unless told.
            headers["Connection"] = "close"
        return Response(response.status, response.headers, response.body, headers)

    def _log(self, exchange: _Exchange, status: int, sent: int) -> None:
        request, body = exchange.request, exchange.body
        duration_s = self._clock.monotonic_s() - exchange.started_s
        self._tell(
            Answered(
                operation=exchange.operation,
                bucket=None if request is None else request.bucket,
                key=None if request is None else request.key,
                status=status,
                code=exchange.code,
                received=0 if body is None else body.size,
                sent=sent,
                duration_ms=int(duration_s * 100_000 + 0.5) / 100,  # round() makes a text of it first
                request_id=exchange.request_id,
                level=level_of(status, exchange.trouble),
                timestamp=self._clock.now(),
            ),
            exchange.trouble,
        )


def _refuse(exchange: _Exchange, trouble: Exception) -> Response:
    """Turn what was raised into S3's error document."""
    error = as_s3_error(trouble)
    exchange.code = error.code
    if error is not trouble and error.status >= 500:
        exchange.trouble = trouble
    nodes = [
        ("Code", error.code),
        ("Message", error.message),
        *extras_of(error, exchange.request),
        # As it came, percent-encoded: XML can't say every character a key may have.
        ("Resource", exchange.head.raw_path.decode("latin-1")),
        ("RequestId", exchange.request_id),
    ]
    return Response(
        error.status, {**error.headers, "Content-Type": CONTENT_TYPE}, document("Error", nodes, namespace="")
    )


async def _told(exchange: _Exchange, document: Awaitable[bytes]) -> bytes:
    """Return the document, or the error document in its place: its status is already sent."""
    try:
        return await document
    except Exception as error:  # noqa: BLE001 - as above, too late for a status
        body = _refuse(exchange, error).body
        assert isinstance(body, bytes)
        return body


def _leaves_a_body_unread(exchange: _Exchange) -> bool:
    if exchange.arrival.is_over:
        return False
    request = exchange.request
    if request is None:
        return True
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"
