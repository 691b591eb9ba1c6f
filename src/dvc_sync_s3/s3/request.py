"""A request as S3 sees it: whose bucket, which key, which query and headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.datastructures import Headers, ImmutableMultiDict
from starlette.types import Scope

from dvc_sync_s3.s3.errors import S3Error

Query = ImmutableMultiDict[str, str]


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

    @property
    def resource(self) -> str:
        """Return the path as AWS's error bodies name it."""
        return "/" + "/".join(part for part in (self.bucket, self.key) if part is not None)


def parse_request(scope: Scope, request_id: str) -> S3Request:
    """Decode an ASGI HTTP scope; raise `InvalidURI` for a path or query that is not UTF-8."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    bucket, key = split_path(raw_path)
    return S3Request(
        method=scope["method"],
        raw_path=raw_path,
        bucket=bucket,
        key=key,
        query=parse_query(scope["query_string"]),
        headers=Headers(raw=cast("list[tuple[bytes, bytes]]", list(scope["headers"]))),
        request_id=request_id,
    )


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
    try:
        return Query(parse_qsl(raw_query.decode("ascii"), keep_blank_values=True, errors="strict"))
    except ValueError:  # too many fields, not ASCII, or not UTF-8 once decoded
        raise S3Error("InvalidURI", "The query string is not UTF-8.") from None
