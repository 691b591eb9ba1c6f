"""What a request says of its signature, read from the `Authorization` header or from the query."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import S3Request
from dvc_sync_s3.s3.sigv4.canonical import ALGORITHM, Scope

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<credential>[^,\s]+)\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})\s*"
)
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)
_MAX_EXPIRES_S = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims to have signed what, and until when it holds."""

    access_key_id: str
    scope: Scope
    timestamp: str
    """When, as signatures carry it: `YYYYMMDDTHHMMSSZ`."""
    time: datetime
    signed_headers: tuple[str, ...]
    signature: str
    payload_hash: str
    """The body's SHA-256 in hexadecimal, or one of AWS's words for how the body travels."""
    expires_after: timedelta | None
    """How long a presigned URL holds; None for a header, which holds as long as clocks may differ."""


def read_claim(request: S3Request) -> Claim:
    """Find the request's signature; raise AWS's code for a missing, foreign or malformed one."""
    in_header = "authorization" in request.headers
    in_query = "X-Amz-Algorithm" in request.query
    if in_header and in_query:
        raise S3Error("InvalidArgument", "Only one way of signing is allowed: header or query.")
    if in_query:
        return _from_query(request)
    if in_header:
        return _from_header(request)
    if "Signature" in request.query or "AWSAccessKeyId" in request.query:
        raise _signature_version_2()
    raise S3Error("AccessDenied", "Anonymous access is not allowed: sign the request.")


def _from_header(request: S3Request) -> Claim:
    text = request.headers["authorization"]
    if text.startswith("AWS "):
        raise _signature_version_2()
    found = _AUTHORIZATION.fullmatch(text)
    if found is None:
        if not text.startswith(ALGORITHM):
            raise S3Error("InvalidArgument", "Unsupported Authorization Type")
        raise S3Error("AuthorizationHeaderMalformed")
    payload_hash = request.headers.get("x-amz-content-sha256")
    if payload_hash is None:
        raise S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    timestamp = request.headers.get("x-amz-date", "")
    time = _parse_time(timestamp, "AccessDenied")
    access_key_id, scope = _split_credential(found["credential"], timestamp, "AuthorizationHeaderMalformed")
    return Claim(
        access_key_id=access_key_id,
        scope=scope,
        timestamp=timestamp,
        time=time,
        signed_headers=tuple(found["headers"].split(";")),
        signature=found["signature"],
        payload_hash=payload_hash,
        expires_after=None,
    )


def _from_query(request: S3Request) -> Claim:
    code = "AuthorizationQueryParametersError"
    query = request.query
    if query["X-Amz-Algorithm"] != ALGORITHM:
        raise S3Error(code, f'X-Amz-Algorithm only supports "{ALGORITHM}".')
    for name in ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"):
        if not query.get(name):
            raise S3Error(code, f"The query parameter {name} is missing.")
    expires_s = query["X-Amz-Expires"]
    if not _SECONDS.fullmatch(expires_s) or not 1 <= int(expires_s) <= _MAX_EXPIRES_S:
        raise S3Error(code, "X-Amz-Expires must be a number of seconds from 1 to 604800.")
    timestamp = query["X-Amz-Date"]
    time = _parse_time(timestamp, code)
    access_key_id, scope = _split_credential(query["X-Amz-Credential"], timestamp, code)
    return Claim(
        access_key_id=access_key_id,
        scope=scope,
        timestamp=timestamp,
        time=time,
        signed_headers=tuple(query["X-Amz-SignedHeaders"].split(";")),
        signature=query["X-Amz-Signature"],
        payload_hash=request.headers.get("x-amz-content-sha256") or query.get("X-Amz-Content-Sha256", UNSIGNED_PAYLOAD),
        expires_after=timedelta(seconds=int(expires_s)),
    )


def _split_credential(credential: str, timestamp: str, code: str) -> tuple[str, Scope]:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[3:] != ["s3", "aws4_request"]:
        raise S3Error(code, 'The credential must be "<access key id>/YYYYMMDD/<region>/s3/aws4_request".')
    if parts[1] != timestamp[:8]:
        raise S3Error(code, "The date of the credential is not the date of the request.")
    return parts[0], Scope(date=parts[1], region=parts[2], service=parts[3])


def _parse_time(text: str, code: str) -> datetime:
    if _TIMESTAMP.fullmatch(text):
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(text)
    raise S3Error(code, "A signature needs its time: x-amz-date as YYYYMMDDTHHMMSSZ.")


def _signature_version_2() -> S3Error:
    return S3Error("InvalidRequest", "Signature version 2 is not supported: please use AWS4-HMAC-SHA256.")
