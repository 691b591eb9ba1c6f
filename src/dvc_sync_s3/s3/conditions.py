"""`If-Match` and its like: whether a request still wants what it finds.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and RFC 9110, section 13.2.2
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from starlette.datastructures import Headers

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.store.model import StoredObject


def etag_matches(header: str, etag: str) -> bool:
    """Tell whether an `If-Match` or `If-None-Match` list names `etag`.

    >>> etag_matches('"abc", "def"', "def"), etag_matches("*", "x"), etag_matches('W/"abc"', "abd")
    (True, True, False)
    """
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return "*" in tags or etag in tags


def is_not_modified(found: StoredObject, headers: Headers) -> bool:
    """Decide a read: True means 304, False means go on; raise `PreconditionFailed`."""
    modified_at = found.modified_at.replace(microsecond=0)
    if "if-match" in headers:
        if not etag_matches(headers["if-match"], found.etag):
            raise S3Error("PreconditionFailed")
    elif (since := _time(headers.get("if-unmodified-since"))) and modified_at > since:
        raise S3Error("PreconditionFailed")
    if "if-none-match" in headers:
        return etag_matches(headers["if-none-match"], found.etag)
    since = _time(headers.get("if-modified-since"))
    return since is not None and modified_at <= since


def write_precondition(headers: Headers) -> Callable[[StoredObject | None], None]:
    """Return the check that a write must pass in the moment it is made."""
    if_match, if_none_match = headers.get("if-match"), headers.get("if-none-match")
    if if_none_match is not None and if_none_match.strip() != "*":
        raise S3Error("NotImplemented", 'A write takes If-None-Match only as "*".')

    def check(current: StoredObject | None) -> None:
        if if_none_match is not None and current is not None:
            raise S3Error("PreconditionFailed")
        if if_match is not None:
            if current is None:
                raise S3Error("NoSuchKey")
            if not etag_matches(if_match, current.etag):
                raise S3Error("PreconditionFailed")

    return check


def _time(value: str | None) -> datetime | None:
    try:
        time = parsedate_to_datetime(value) if value else None
    except ValueError:  # RFC 9110 13.1.3: a recipient MUST ignore the header if it is no valid date
        return None
    return time.astimezone(UTC) if time is not None else None
