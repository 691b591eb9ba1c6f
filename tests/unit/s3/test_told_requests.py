"""What is told of each request that was answered."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from starlette.types import ASGIApp

from dvc_sync_s3.logs import Answered
from dvc_sync_s3.s3.request import Head
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.store import Store
from tests.unit.s3.asgi import MAY_2013


class SlowClock:
    """Let 1.2345 ms pass between two looks."""

    def __init__(self) -> None:
        self._looks = 0

    def now(self) -> datetime:
        return MAY_2013

    def monotonic_s(self) -> float:
        self._looks += 1
        return self._looks * 0.0012345


class KeptWire:
    def __init__(self) -> None:
        self.body = b""

    def write(self, response: Response, body: bytes) -> None:
        self.body = body

    def stream(self, app: ASGIApp) -> None:
        raise AssertionError(app)


def test_a_refused_request_is_told_with_its_code_and_how_long_it_took(tmp_path: Path) -> None:
    told: list[tuple[Answered, Exception | None]] = []
    clock, wire = SlowClock(), KeptWire()
    service = S3Service(Store(tmp_path, clock), Keyring({}), clock, tell=lambda *what: told.append(what))

    service.answer(Head("GET", b"/", b"", {}), b"", wire)

    ((answered, trouble),) = told
    assert trouble is None
    assert answered == Answered(
        operation="ListBuckets",
        bucket=None,
        key=None,
        status=403,
        code="AccessDenied",
        received=0,
        sent=len(wire.body),
        duration_ms=1.23,
        request_id=answered.request_id,
        level="info",
        timestamp=MAY_2013,
    )
    assert answered.request_id.encode() in wire.body
