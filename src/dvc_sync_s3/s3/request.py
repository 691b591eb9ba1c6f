"""A request as S3 sees it: whose bucket, which key, which query and headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from msgspec import Struct
from starlette.datastructures import ImmutableMultiDict
from starlette.types import Scope

from dvc_sync_s3.s3.errors import S3Error

Query = ImmutableMultiDict[str, str]
Headers = Mapping[str, str]
"""By name in lower case; decoded as Latin-1, so that any value can be given back as it came."""

_MAX_HEADERS_BYTES = 16 * 1024
NO_QUERY = Query()
"""What every request without a query has, so that `is` tells: starlette asks in Python whether one is empty."""
_USUAL = (
    "accept",
    "accept-encoding",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "content-type",
    "host",
    "range",
    "user-agent",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc64nvme",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-sdk-checksum-algorithm",
)
USUAL_NAMES: Mapping[bytes, str] = {
    b"X-Amz-Content-SHA256": "x-amz-content-sha256",
    **{name.encode(): name for name in _USUAL},
    **{name.title().encode(): name for name in _USUAL},
}
"""Names of headers as most clients write them, in lower case, so that they aren't made and hashed for each request."""
_PERCENT = ord("%")
PRESIGNED = "X-Amz-Algorithm"
"""What every query that signs its request has."""
_OF_THE_SIGNATURE = frozenset(
    f"x-amz-{name}"
    for name in ("algorithm", "credential", "date", "expires", "security-token", "signature", "signedheaders")
)
"""What a query says of its signature, which no header says otherwise."""
_NO_NAMES: frozenset[str] = frozenset()
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Head(Struct, frozen=True):
    """A request as HTTP has it, without its body: path and query not yet decoded."""

    method: str
    raw_path: bytes
    raw_query: bytes
    headers: Headers
    scheme: str = "http"
    address: str = ""
    """Where it comes from."""


def head_of(scope: Scope) -> Head:
    """Return the head in an ASGI HTTP scope."""
    address = (scope.get("client") or ("",))[0]
    scheme = scope.get("scheme", "http")
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        add_header(headers, name, value)
    return Head(scope["method"], raw_path_of(scope), scope["query_string"], headers, scheme, address)


def add_header(headers: dict[str, str], name: bytes, value: bytes) -> str:
    """Decode a header and add it; what comes more than once is joined by commas (RFC 9110, section 5.3).

    >>> headers = {}
    >>> add_header(headers, b"Accept", b"a "), add_header(headers, b"accept", b"b"), headers
    ('accept', 'accept', {'accept': 'a,b'})
    """
    decoded = USUAL_NAMES.get(name) or name.lower().decode("latin-1")
    text = value.decode("latin-1").strip(" \t")
    if decoded not in headers:
        headers[decoded] = text
    elif len(headers[decoded]) <= _MAX_HEADERS_BYTES:  # else they are refused; to join them on would take ever longer
        headers[decoded] += f",{text}"
    return decoded


class S3Request(Struct, frozen=True):
    """One request, decoded once; the body travels apart."""

    method: str
    raw_path: bytes
    """As it came: percent-encoded, never normalised."""
    bucket: str | None
    key: str | None
    query: Query
    headers: Headers
    request_id: str
    scheme: str = "http"
    address: str = ""
    """Where it comes from."""
    hoisted: frozenset[str] = _NO_NAMES
    """Which of the headers came in the query of a presigned address, which is signed as a whole."""

    @property
    def location(self) -> str:
        """Return the address that was asked, without its query."""
        return f"{self.scheme}://{self.headers.get('host', '')}{self.raw_path.decode('latin-1')}"


def parse_request(head: Head, request_id: str, domains: tuple[str, ...] = ()) -> S3Request:
    """Decode a head; raise `InvalidURI` or `RequestHeaderSectionTooLarge`.

    A bucket may be a host of its own under each of `domains`.
    """
    raw_path, headers = head.raw_path, head.headers
    if len("".join([*headers, *headers.values()])) > _MAX_HEADERS_BYTES:
        raise S3Error("RequestHeaderSectionTooLarge")
    host_bucket = bucket_of_host(headers.get("host", ""), domains) if domains else None
    bucket, key = split_path(raw_path) if host_bucket is None else (host_bucket, _decode(raw_path.removeprefix(b"/")))
    query = parse_query(head.raw_query) if head.raw_query else NO_QUERY
    hoisted = hoisted_headers(query, headers) if query is not NO_QUERY and PRESIGNED in query else None
    if hoisted:
        headers = {**headers, **hoisted}
    names = frozenset(hoisted) if hoisted else _NO_NAMES
    return S3Request(head.method, raw_path, bucket, key, query, headers, request_id, head.scheme, head.address, names)


def hoisted_headers(query: Query, headers: Headers) -> dict[str, str]:
    """Return the `x-amz-*` headers that a presigned address carries in its query, as HTTP would give them.

    A header that came as one counts, not its namesake in the query. Raises `InvalidArgument` for a name or a value that
    no header can have. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

    >>> hoisted_headers(Query([("X-Amz-Date", "20130524T000000Z"), ("X-Amz-Meta-Who", "Zoë")]), {})
    {'x-amz-meta-who': 'ZoÃ«'}
    """
    hoisted: dict[str, str] = {}
    for name, value in query.multi_items():
        lowered = name.lower()
        if not lowered.startswith("x-amz-") or lowered in _OF_THE_SIGNATURE or lowered in headers:
            continue
        if not _HEADER_NAME.fullmatch(lowered) or _CONTROLS.search(value):
            raise S3Error("InvalidArgument", f"{lowered} in the query must be a header's name with a header's value.")
        add_header(hoisted, lowered.encode(), value.encode())
    return hoisted


def raw_path_of(scope: Scope) -> bytes:
    """Return the path as it came."""
    raw_path: bytes | None = scope.get("raw_path")  # optional in ASGI
    return quote(scope["path"]).encode() if raw_path is None else raw_path


@lru_cache(maxsize=256)
def bucket_of_host(host: str, domains: tuple[str, ...]) -> str | None:
    """Return the bucket that a `Host` names, None if the path names it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html

    >>> bucket_of_host("my.bucket.s3.localhost:8000", ("localhost", "s3.localhost"))
    'my.bucket'
    >>> bucket_of_host("s3.localhost:8000", ("localhost", "s3.localhost")) is None
    True
    """
    name = host.partition(":")[0].lower()
    if name in domains:
        return None
    below = [domain for domain in domains if name.endswith(f".{domain}")]
    return name.removesuffix(f".{max(below, key=len)}") or None if below else None


def names_a_bucket(scope: Scope, domains: tuple[str, ...]) -> bool:
    """Tell whether the host of an ASGI HTTP scope is a bucket."""
    return any(name == b"host" and bucket_of_host(host.decode("latin-1"), domains) for name, host in scope["headers"])


def split_path(raw_path: bytes) -> tuple[str | None, str | None]:
    """Split a path-style path into bucket and key; only the first two slashes mean anything.

    >>> split_path(b"/annotations/out//318")
    ('annotations', 'out//318')
    >>> split_path(b"/annotations/")
    ('annotations', None)
    >>> split_path(b"/")
    (None, None)
    """
    if _PERCENT in raw_path:
        first, _, rest = raw_path.removeprefix(b"/").partition(b"/")
        return _decode(first), _decode(rest)
    bucket, _, key = _text(raw_path).removeprefix("/").partition("/")
    return bucket or None, key or None


def _decode(raw: bytes) -> str | None:
    return _text(unquote_to_bytes(raw)) or None


def _text(path: bytes) -> str:
    try:
        return path.decode()
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", "The path is not UTF-8.") from None


def parse_query(raw_query: bytes) -> Query:
    """Decode a query string; a name without a value has the value ''."""
    try:
        return Query(parse_qsl(raw_query.decode("ascii"), keep_blank_values=True, errors="strict"))
    except ValueError:  # too many fields, not ASCII, or not UTF-8 once decoded
        raise S3Error("InvalidURI", "The query string is not UTF-8.") from None
