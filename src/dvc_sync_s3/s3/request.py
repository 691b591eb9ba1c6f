"""A request as S3 sees it: whose bucket, which key, which query and headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from starlette.datastructures import ImmutableMultiDict
from starlette.types import Scope

from dvc_sync_s3.s3.errors import S3Error

Query = ImmutableMultiDict[str, str]
Headers = Mapping[str, str]
"""By name in lower case; decoded as Latin-1, so that any value can be given back as it came."""

_MAX_HEADERS_BYTES = 16 * 1024
_NO_QUERY = Query()


@dataclass(frozen=True, slots=True)
class S3Request:
    """One request, decoded once; the body travels apart."""

    method: str
    raw_path: bytes
    """As it came: percent-encoded, never normalised."""
    bucket: str | None
    key: str | None
    query: Query
    headers: Headers
    request_id: str


def parse_request(scope: Scope, request_id: str) -> S3Request:
    """Decode an ASGI HTTP scope; raise `InvalidURI` or `RequestHeaderSectionTooLarge`."""
    raw_path = raw_path_of(scope)
    bucket, key = split_path(raw_path)
    return S3Request(
        method=scope["method"],
        raw_path=raw_path,
        bucket=bucket,
        key=key,
        query=parse_query(scope["query_string"]),
        headers=read_headers(scope["headers"]),
        request_id=request_id,
    )


def raw_path_of(scope: Scope) -> bytes:
    """Return the path as it came."""
    raw_path: bytes | None = scope.get("raw_path")  # optional in ASGI
    return quote(scope["path"]).encode() if raw_path is None else raw_path


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Decode headers as ASGI gives them; what came more than once is joined by commas (RFC 9110, section 5.3).

    >>> read_headers([(b"accept", b"a "), (b"accept", b"b")])
    {'accept': 'a,b'}
    """
    headers: dict[str, str] = {}
    size = 0
    for raw_name, raw_value in raw:
        size += len(raw_name) + len(raw_value)
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip(" \t")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    if size > _MAX_HEADERS_BYTES:
        raise S3Error("RequestHeaderSectionTooLarge")
    return headers


def split_path(raw_path: bytes) -> tuple[str | None, str | None]:
    """Split a path-style path into bucket and key; only the first two slashes mean anything.

    >>> split_path(b"/annotations/out//318")
    ('annotations', 'out//318')
    >>> split_path(b"/annotations/")
    ('annotations', None)
    >>> split_path(b"/")
    (None, None)
    """
    bucket, _, key = raw_path.removeprefix(b"/").partition(b"/")
    try:
        return unquote_to_bytes(bucket).decode() or None, unquote_to_bytes(key).decode() or None
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", "The path is not UTF-8.") from None


def parse_query(raw_query: bytes) -> Query:
    """Decode a query string; a name without a value has the value ''."""
    if not raw_query:
        return _NO_QUERY
    try:
        return Query(parse_qsl(raw_query.decode("ascii"), keep_blank_values=True, errors="strict"))
    except ValueError:  # too many fields, not ASCII, or not UTF-8 once decoded
        raise S3Error("InvalidURI", "The query string is not UTF-8.") from None
