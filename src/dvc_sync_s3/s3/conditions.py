"""`If-Match` and its like: whether a request still wants what it finds.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and RFC 9110, section 13.2.2
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import Headers
from dvc_sync_s3.store.model import Precondition, StoredObject


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
            raise S3Error("PreconditionFailed", extras=(("Condition", "If-Match"),))
    elif (since := _time(headers.get("if-unmodified-since"))) and modified_at > since:
        raise S3Error("PreconditionFailed", extras=(("Condition", "If-Unmodified-Since"),))
    if "if-none-match" in headers:
        return etag_matches(headers["if-none-match"], found.etag)
    since = _time(headers.get("if-modified-since"))
    return since is not None and modified_at <= since


def is_range_wanted(found: StoredObject, headers: Headers) -> bool:
    """Tell whether `Range` counts: `If-Range`, if there, must name the object as it is (RFC 9110, section 13.1.5)."""
    validator = headers.get("if-range")
    if validator is None:
        return True
    return validator == f'"{found.etag}"' or _time(validator) == found.modified_at.replace(microsecond=0)


def write_precondition(headers: Headers) -> Precondition | None:
    """Return the check that a write must pass in the moment it is made, if it is to pass any."""
    if_match, if_none_match = headers.get("if-match"), headers.get("if-none-match")
    if if_match is None and if_none_match is None:
        return None

    def check(current: StoredObject | None) -> None:
        # AWS takes If-None-Match of a write only as "*"; an ETag has the meaning that HTTP gives it.
        if if_none_match is not None and current is not None and etag_matches(if_none_match, current.etag):
            raise S3Error("PreconditionFailed", extras=(("Condition", "If-None-Match"),))
        if if_match is not None:
            if current is None:
                raise S3Error("NoSuchKey")
            if not etag_matches(if_match, current.etag):
                raise S3Error("PreconditionFailed", extras=(("Condition", "If-Match"),))

    return check


def delete_precondition(if_match: str | None, modified: str | None, size: str | None) -> Precondition | None:
    """Return the check that a delete must pass, if any; an object that isn't there passes (AWS's DeleteObject).

    `modified` is a time and `size` a number of bytes, as clients write them; raises `InvalidArgument`.
    """
    if if_match is None and modified is None and size is None:
        return None
    modified_at, size_bytes = _demanded_time(modified), _demanded_size(size)

    def check(current: StoredObject | None) -> None:
        if current is None:
            return
        if (
            (if_match is not None and not etag_matches(if_match, current.etag))
            or (modified_at is not None and modified_at != current.modified_at.replace(microsecond=0))
            or (size_bytes is not None and size_bytes != current.size)
        ):
            raise S3Error("PreconditionFailed")

    return check


def _demanded_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    time = _time(text)
    with contextlib.suppress(ValueError):
        time = time or datetime.fromisoformat(text)
    if time is None:
        raise S3Error("InvalidArgument", "The time of the last change must be an HTTP date or an ISO 8601 time.")
    return time.replace(tzinfo=time.tzinfo or UTC, microsecond=0)


def _demanded_size(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 19:
        raise S3Error("InvalidArgument", "The size must be a number of bytes.")
    return int(text)


def _time(value: str | None) -> datetime | None:
    """Read an HTTP date; an invalid one counts as not sent, as RFC 9110, section 13.1.3, demands."""
    try:
        time = parsedate_to_datetime(value) if value else None
        return None if time is None else time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
