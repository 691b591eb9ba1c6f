"""An object's own headers, read from a request and written to an answer."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from msgspec import Struct

from dvc_sync_s3.s3.encryption import check_write_encryption
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.header_lines import SharedHeaders
from dvc_sync_s3.s3.request import NO_QUERY, Headers, Query
from dvc_sync_s3.s3.tagging import tags_in_headers
from dvc_sync_s3.store.model import Headers as Pairs
from dvc_sync_s3.store.model import StoredObject

_SYSTEM = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")
_OVERRIDES = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires")
_MAX_METADATA_BYTES = 2048
_METADATA = "x-amz-meta-"
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
DEFAULT_CONTENT_TYPE = "binary/octet-stream"
_STORAGE_CLASS = "x-amz-storage-class"
_STANDARD = "STANDARD"
_STORAGE_CLASSES = (
    _STANDARD,
    "DEEP_ARCHIVE",
    "GLACIER",
    "GLACIER_IR",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
)
"""Kept as a word: all objects lie on the same disk and can be read at once."""
_SAID_ANEW = (_STORAGE_CLASS, "x-amz-website-redirect-location")
"""What a copy takes from its request, never from its source."""


_LOCKS = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold")
_APPEND = "x-amz-write-offset-bytes"
ABOUT_THE_REQUEST = frozenset(
    [
        "accept",
        "accept-encoding",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "date",
        "host",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-date",
    ]
)
"""Headers that change nothing of what a read answers and leave nothing in an object but its content type."""
_SAYING_NOTHING = ABOUT_THE_REQUEST | {
    "content-md5",
    "expect",
    "if-match",
    "if-none-match",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc64nvme",
    "x-amz-sdk-checksum-algorithm",
}
"""Headers of a write that leave no trace in the object but its content type: most writes have no other."""


class Description(Struct, frozen=True):
    """What a new object is to carry beside its body."""

    content_type: str | None
    headers: Pairs
    metadata: Pairs
    tags: Pairs


def read_description(headers: Headers) -> Description:
    """Return what a request says of the object it makes; raise AWS's code for what no object can carry."""
    if _SAYING_NOTHING.issuperset(headers):
        return Description(headers.get("content-type") or None, (), (), ())
    check_write_encryption(headers)
    if any(name in headers for name in _LOCKS):
        raise S3Error("InvalidRequest", "Bucket is missing Object Lock Configuration")
    if _APPEND in headers:  # taken for a plain write it would cost what is there
        raise S3Error("NotImplemented", f"Appending ({_APPEND}) is not implemented.")
    description = Description(
        content_type=headers.get("content-type") or None,
        headers=(*system_headers(headers), *_headers_said_anew(headers)),
        metadata=user_metadata(headers),
        tags=tags_in_headers(headers),
    )
    for name, value in (*description.headers, *description.metadata, ("content-type", description.content_type or "")):
        if _UNSAFE.search(f"{name}{value}"):  # of a form, whose fields may hold anything
            raise S3Error("InvalidArgument", f"{name} must be a header value.")
    return description


def copied_description(found: StoredObject, headers: Headers) -> Description:
    """Return what a copy takes from its source `found`, with what a request always says anew."""
    kept = tuple(pair for pair in found.headers if pair[0] not in _SAID_ANEW)
    return Description(found.content_type, (*kept, *_headers_said_anew(headers)), found.metadata, found.tags)


def storage_class(headers: Pairs) -> str:
    """Return the storage class that an object's headers name.

    >>> storage_class((("x-amz-storage-class", "GLACIER"),)), storage_class(())
    ('GLACIER', 'STANDARD')
    """
    return dict(headers).get(_STORAGE_CLASS, _STANDARD) if headers else _STANDARD


def _headers_said_anew(headers: Headers) -> Pairs:
    if headers.get(_STORAGE_CLASS, _STANDARD) not in _STORAGE_CLASSES:
        raise S3Error("InvalidStorageClass")
    kept = ((name, headers[name]) for name in _SAID_ANEW if name in headers)
    return tuple(pair for pair in kept if pair != (_STORAGE_CLASS, _STANDARD))  # AWS never returns STANDARD


def system_headers(headers: Headers) -> Pairs:
    """Return the headers to keep with the object; `aws-chunked` only says how it travelled."""
    kept = []
    for name in _SYSTEM:
        value = headers.get(name)
        if name == "content-encoding" and value is not None:
            codings = [coding.strip() for coding in value.split(",")]
            value = ", ".join(coding for coding in codings if coding and coding.lower() != "aws-chunked")
        if value:
            kept.append((name, value))
    return tuple(kept)


def user_metadata(headers: Headers) -> Pairs:
    """Return the user's metadata, names without their prefix; raise `MetadataTooLarge`."""
    kept = tuple((name.removeprefix(_METADATA), value) for name, value in headers.items() if name.startswith(_METADATA))
    if sum(len(name) + len(value) for name, value in kept) > _MAX_METADATA_BYTES:
        raise S3Error("MetadataTooLarge")
    return kept


def as_ascii(value: str) -> str:
    """Write a value as clients read it: what isn't ASCII is an encoded word (RFC 2047, section 2), as AWS answers it.

    `value` is as HTTP gives it, Latin-1, and may be UTF-8 that was read so.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html

    >>> as_ascii("Zo\u00c3\u00ab"), as_ascii("Zo\u00eb"), as_ascii("=?UTF-8?B?Wm/Dqw==?=")
    ('=?UTF-8?B?Wm/Dqw==?=', '=?UTF-8?B?Wm/Dqw==?=', '=?UTF-8?B?Wm/Dqw==?=')
    """
    if value.isascii():
        return value
    try:
        text = value.encode("latin-1").decode()
    except UnicodeError:  # it is no UTF-8, or comes from a form, which is decoded already
        text = value
    return f"=?UTF-8?B?{b64encode(text.encode()).decode()}?="


def _is_latin_1(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=1024)
def http_date(time: datetime) -> str:
    """Write a time as headers do, without its fraction of a second (RFC 9110, section 5.6.7).

    >>> from datetime import UTC
    >>> http_date(datetime(2013, 5, 24, 1, 2, 3, 400, tzinfo=UTC))
    'Fri, 24 May 2013 01:02:03 GMT'
    """
    return format_datetime(time, usegmt=True)


@lru_cache(maxsize=2048)
def whole_headers(found: StoredObject) -> SharedHeaders:
    """Return what a GET without any wish says of an object and its body; remembered with the lines it makes."""
    return SharedHeaders({**object_headers(found, NO_QUERY), "Content-Length": str(found.size)})


def object_headers(found: StoredObject, query: Query) -> dict[str, str]:
    """Return what GET, HEAD and a 304 say of an object; `response-*` in the query has the last word."""
    headers = {
        "ETag": f'"{found.etag}"',
        "Last-Modified": http_date(found.modified_at),
        "Accept-Ranges": "bytes",
        "Content-Type": found.content_type or DEFAULT_CONTENT_TYPE,
    }
    if found.headers or found.metadata:
        headers.update((name.title(), value) for name, value in found.headers)
        headers.update((f"{_METADATA}{name}", as_ascii(value)) for name, value in found.metadata)
    if found.tags:
        headers["x-amz-tagging-count"] = str(len(found.tags))
    for name in () if query is NO_QUERY else _OVERRIDES:
        value = query.get(f"response-{name}")
        if value is None:
            continue
        if _UNSAFE.search(value):
            raise S3Error("InvalidArgument", f"response-{name} must be a header value.")
        if not _is_latin_1(value):
            raise S3Error("InvalidArgument", "Header value cannot be represented using ISO-8859-1.")
        headers[name.title()] = value
    return headers
