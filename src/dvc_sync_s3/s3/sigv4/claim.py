"""What a request says of its signature, read from the `Authorization` header or from the query."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from msgspec import Struct

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import NO_QUERY, Headers, S3Request
from dvc_sync_s3.s3.sigv4.canonical import ALGORITHM, is_hex_sha256

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_USUAL = re.compile(rf"{ALGORITHM} Credential=(?P<Credential>[^,\s]+), ?SignedHeaders=(?P<SignedHeaders>[^,\s]+), ?")
"""An `Authorization` header as all SDKs write it, up to its last field."""
_LAST = "Signature="
_SIGNATURE_DIGITS = 64
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)
_MALFORMED = "AuthorizationHeaderMalformed"
_MAX_EXPIRES_S = 7 * 24 * 3600


class Credential(Struct, frozen=True):
    """Who claims to have signed which headers, and when; all that a client signs alike in a second has the same."""

    access_key_id: str
    scope: str
    """The day, the region and the service for which the signature holds, as signatures carry them."""
    timestamp: str
    """As signatures carry it: `YYYYMMDDTHHMMSSZ`."""
    time: datetime
    signed_headers: tuple[str, ...]


class Claim(Struct, frozen=True):
    """What a request says of its signature, and until when it holds."""

    credential: Credential
    signature: str
    payload_hash: str
    """The body's SHA-256 in hexadecimal, or one of AWS's words for how the body travels."""
    expires_after: timedelta | None
    """How long a presigned URL holds; None for a header, which holds as long as clocks may differ."""


def claims_a_signature(request: S3Request) -> bool:
    """Tell whether the request says that anyone signed it, in whatever way."""
    names = ("X-Amz-Algorithm", "Signature", "AWSAccessKeyId")
    return request.headers.get("authorization", "") != "" or any(name in request.query for name in names)


def read_claim(request: S3Request) -> Claim:
    """Find the request's signature; raise AWS's code for a missing, foreign or malformed one."""
    in_header = request.headers.get("authorization", "") != ""
    in_query = request.query is not NO_QUERY and "X-Amz-Algorithm" in request.query
    if in_header and in_query:
        raise S3Error("InvalidArgument", "Only one way of signing is allowed: header or query.")
    if in_query:
        return _from_query(request)
    if in_header:
        return _from_header(request)
    if "Signature" in request.query or "AWSAccessKeyId" in request.query:
        raise signature_version_2()
    raise anonymous()


def _from_header(request: S3Request) -> Claim:
    text, timestamp = request.headers["authorization"], request.headers.get("x-amz-date")
    payload_hash = request.headers.get("x-amz-content-sha256")
    rest, separator, signature = text.rpartition(_LAST)
    if separator and timestamp is not None and payload_hash is not None and len(signature) == _SIGNATURE_DIGITS:
        usual = _usual_credential(rest, timestamp)
        if usual is not None:
            return Claim(usual, signature, payload_hash, None)
    said, signed_headers, signature = _authorization_fields(text)
    if payload_hash is None:
        raise S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    timestamp, time = _time_of(request.headers)
    access_key_id, scope = split_credential(said, timestamp, _MALFORMED)
    return Claim(Credential(access_key_id, scope, timestamp, time, signed_headers), signature, payload_hash, None)


@lru_cache(maxsize=256)
def _usual_credential(text: str, timestamp: str) -> Credential | None:
    """Read an `Authorization` header up to its signature; return None if it isn't written as all SDKs do.

    Remembered: what one client signs alike in a second begins the same.
    """
    usual = _USUAL.fullmatch(text)
    if usual is None or not _TIMESTAMP.fullmatch(timestamp):
        return None
    with contextlib.suppress(ValueError):
        time = parse_timestamp(timestamp)
        access_key_id, scope = split_credential(usual["Credential"], timestamp, _MALFORMED)
        return Credential(access_key_id, scope, timestamp, time, tuple(usual["SignedHeaders"].split(";")))
    return None


def _authorization_fields(text: str) -> tuple[str, tuple[str, ...], str]:
    """Return the credential, the signed headers and the signature of an `Authorization` header."""
    if text.startswith("AWS "):
        raise signature_version_2()
    algorithm, _, rest = text.partition(" ")
    if algorithm != ALGORITHM:
        raise S3Error("InvalidArgument", "Unsupported Authorization Type")
    pairs = (field.strip().partition("=") for field in rest.split(","))
    fields = {name: value for name, _, value in pairs}
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not fields.get(name):
            raise S3Error(_MALFORMED, f"The authorization header is malformed; missing {name}.")
    if not is_hex_sha256(fields["Signature"]):
        raise S3Error(_MALFORMED, "The authorization header is malformed; a signature is 64 hexadecimal digits.")
    return fields["Credential"], tuple(fields["SignedHeaders"].split(";")), fields["Signature"]


def _time_of(headers: Headers) -> tuple[str, datetime]:
    """Read `x-amz-date`, else `Date`, which may be an HTTP date; return the time as signatures carry it, too."""
    timestamp = headers.get("x-amz-date")
    with contextlib.suppress(ValueError, OverflowError):
        if timestamp is not None:
            return timestamp, parse_timestamp(timestamp)
        date = headers.get("date", "")
        time = parse_timestamp(date) if _TIMESTAMP.fullmatch(date) else parsedate_to_datetime(date)
        time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
        return time.strftime("%Y%m%dT%H%M%SZ"), time
    raise S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")


def _from_query(request: S3Request) -> Claim:
    code = "AuthorizationQueryParametersError"
    query = request.query
    if query["X-Amz-Algorithm"] != ALGORITHM:
        raise S3Error(code, f'X-Amz-Algorithm only supports "{ALGORITHM}".')
    for name in ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"):
        if not query.get(name):
            raise S3Error(code, f"The query parameter {name} is missing.")
    expires_s = query["X-Amz-Expires"]
    if not _SECONDS.fullmatch(expires_s) or int(expires_s) > _MAX_EXPIRES_S:
        raise S3Error(code, "X-Amz-Expires must be a number of seconds from 0 to 604800.")
    timestamp = query["X-Amz-Date"]
    try:
        time = parse_timestamp(timestamp)
    except ValueError:
        raise S3Error(code, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"") from None
    access_key_id, scope = split_credential(query["X-Amz-Credential"], timestamp, code)
    signed_headers = tuple(query["X-Amz-SignedHeaders"].split(";"))
    return Claim(
        Credential(access_key_id, scope, timestamp, time, signed_headers),
        signature=query["X-Amz-Signature"],
        payload_hash=request.headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD),
        expires_after=timedelta(seconds=int(expires_s)),
    )


def split_credential(credential: str, timestamp: str, code: str) -> tuple[str, str]:
    """Return the access key id and the scope; raise `code` unless the scope is one of ours, in any region.

    >>> split_credential("KEY/20130524/eu-central-1/s3/aws4_request", "20130524T000000Z", "AccessDenied")
    ('KEY', '20130524/eu-central-1/s3/aws4_request')
    """
    access_key_id, *scope = credential.rsplit("/", 4)
    if len(scope) != 4 or not access_key_id or not scope[1]:
        raise S3Error(code, 'The credential must be "<access key id>/YYYYMMDD/<region>/s3/aws4_request".')
    date, _, service, terminator = scope
    if service != "s3":
        raise S3Error(code, "The service of the credential is wrong: this service is s3.")
    if terminator != "aws4_request":
        raise S3Error(code, "The credential ends wrongly: its last word is aws4_request.")
    if date != timestamp[:8]:
        raise S3Error(code, "The date of the credential is not the date of the request.")
    return access_key_id, "/".join(scope)


def parse_timestamp(text: str) -> datetime:
    """Read a time as signatures carry it; raise ValueError.

    >>> parse_timestamp("20130524T000000Z")
    datetime.datetime(2013, 5, 24, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(f"{text!r} is not YYYYMMDDTHHMMSSZ")
    return datetime.fromisoformat(text)


def anonymous() -> S3Error:
    """Return the refusal of a request that nobody signed, where nobody said that everyone may."""
    return S3Error("AccessDenied", "Anonymous access is not allowed: sign the request.")


def signature_version_2() -> S3Error:
    """Return the refusal of the old way to sign."""
    return S3Error("InvalidRequest", "Signature version 2 is not supported: please use AWS4-HMAC-SHA256.")
