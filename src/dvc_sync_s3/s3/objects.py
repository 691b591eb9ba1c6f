"""An object's own headers, read from a request and written to an answer."""

from __future__ import annotations

import re
from email.utils import format_datetime

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import Headers, Query
from dvc_sync_s3.store.model import Headers as Pairs
from dvc_sync_s3.store.model import StoredObject

_SYSTEM = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")
_OVERRIDES = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires")
_MAX_METADATA_BYTES = 2048
_METADATA = "x-amz-meta-"
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
DEFAULT_CONTENT_TYPE = "binary/octet-stream"


def system_headers(headers: Headers) -> Pairs:
    """Return the headers to keep with the object; `aws-chunked` only says how it travelled."""
    kept = []
    for name in _SYSTEM:
        value = headers.get(name)
        if name == "content-encoding" and value is not None:
            codings = [coding.strip() for coding in value.split(",")]
            value = ",".join(coding for coding in codings if coding and coding.lower() != "aws-chunked")
        if value:
            kept.append((name, value))
    return tuple(kept)


def user_metadata(headers: Headers) -> Pairs:
    """Return the user's metadata, names without their prefix; raise `MetadataTooLarge`."""
    kept = tuple((name.removeprefix(_METADATA), value) for name, value in headers.items() if name.startswith(_METADATA))
    if sum(len(name) + len(value) for name, value in kept) > _MAX_METADATA_BYTES:
        raise S3Error("MetadataTooLarge")
    return kept


def object_headers(found: StoredObject, query: Query) -> dict[str, str]:
    """Return what GET, HEAD and a 304 say of an object; `response-*` in the query has the last word."""
    headers = {
        "ETag": f'"{found.etag}"',
        "Last-Modified": format_datetime(found.modified_at, usegmt=True),
        "Accept-Ranges": "bytes",
        "Content-Type": found.content_type or DEFAULT_CONTENT_TYPE,
    }
    headers.update((name.title(), value) for name, value in found.headers)
    headers.update((f"{_METADATA}{name}", value) for name, value in found.metadata)
    for name in _OVERRIDES:
        value = query.get(f"response-{name}")
        if value is None:
            continue
        if _UNSAFE.search(value) or not value.isascii():
            raise S3Error("InvalidArgument", f"response-{name} must be a header value.")
        headers[name.title()] = value
    return headers
