"""A page of a bucket's keys or uploads, at a cost that follows the page and not the keys below its common prefixes."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

from dvc_sync_s3.store.index import OBJECT_COLUMNS, Row, as_object
from dvc_sync_s3.store.model import ListPage, ListRequest, UploadsPage, UploadsRequest
from dvc_sync_s3.store.uploads import UPLOAD_COLUMNS, as_upload

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

_SCAN = f"SELECT {OBJECT_COLUMNS} FROM objects WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key"  # noqa: S608
_SCAN_UPLOADS = f"""
SELECT {UPLOAD_COLUMNS} FROM uploads WHERE bucket = ? AND (key, upload_id) > (?, ?) AND key < ? ORDER BY key, upload_id
"""  # noqa: S608
_AFTER_ALL_KEYS = b""
"""SQLite sorts every blob after every text: https://www.sqlite.org/datatype3.html#comparison_expressions"""


def list_page(connection: sqlite3.Connection, request: ListRequest) -> ListPage:
    """Return the page; call it inside a transaction, for it may need several scans."""

    def scan(start: str, end: str | bytes) -> Iterator[Row]:
        return connection.execute(_SCAN, (request.bucket, start, end))

    start = _start(request.prefix, request.delimiter, request.after)
    if request.delimiter:
        entries, has_more = _page(_entries(scan, start, request.prefix, request.delimiter), request.limit)
    else:
        entries, has_more = _flat_page(connection, request, start)
    return ListPage(
        objects=tuple(as_object(entry) for entry in entries if not isinstance(entry, str)),
        common_prefixes=tuple(entry for entry in entries if isinstance(entry, str)),
        next_after=_name(entries[-1]) if has_more else None,
    )


def _flat_page(connection: sqlite3.Connection, request: ListRequest, start: str | None) -> tuple[Sequence[Row], bool]:
    if start is None or request.limit <= 0:
        return (), False
    end = past(request.prefix) or _AFTER_ALL_KEYS
    rows = connection.execute(_SCAN, (request.bucket, start, end)).fetchmany(request.limit + 1)
    return rows[: request.limit], len(rows) > request.limit


def list_uploads(connection: sqlite3.Connection, request: UploadsRequest) -> UploadsPage:
    """Return the page; call it inside a transaction, for it may need several scans."""
    start = _start(request.prefix, request.delimiter, request.after)
    if request.after_upload_id and start == _following(request.after):
        start = request.after  # later uploads of the same key are still to come

    def scan(start: str, end: str | bytes) -> Iterator[Row]:
        upload_id = request.after_upload_id if start == request.after else ""
        return connection.execute(_SCAN_UPLOADS, (request.bucket, start, upload_id, end))

    entries, has_more = _page(_entries(scan, start, request.prefix, request.delimiter), request.limit)
    uploads = tuple(as_upload(entry) for entry in entries if not isinstance(entry, str))
    return UploadsPage(
        uploads=uploads,
        common_prefixes=tuple(entry for entry in entries if isinstance(entry, str)),
        next_after=_name(entries[-1]) if has_more else None,
        next_after_upload_id=uploads[-1].upload_id if has_more and not isinstance(entries[-1], str) else None,
    )


def common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """Return what groups `key`: up to the first `delimiter` after `prefix`, or None.

    >>> common_prefix("out/2024/318", "out/", "/")
    'out/2024/'
    >>> common_prefix("out/318", "out/", "/") is None
    True
    """
    end = key.find(delimiter, len(prefix)) if delimiter else -1
    return None if end < 0 else key[: end + len(delimiter)]


def past(prefix: str) -> str | None:
    r"""Return the first key after all those with `prefix`, or None if there can't be any.

    >>> past("a/"), past("a\U0010ffff"), past("\U0010ffff") is None
    ('a0', 'b', True)
    """
    stem = prefix.rstrip(chr(sys.maxunicode))
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    # UTF-8 orders as code points do, but has none of the surrogates.
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)


def _entries(
    scan: Callable[[str, str | bytes], Iterator[Row]], start: str | None, prefix: str, delimiter: str
) -> Iterator[Row | str]:
    """Yield rows and common prefixes; `scan` returns rows, their second column the key, from a key on to another."""
    end = past(prefix) or _AFTER_ALL_KEYS
    while start is not None:
        following = None
        for row in scan(start, end):
            group = common_prefix(row[1], prefix, delimiter)
            if group is not None:
                yield group
                following = past(group)
                break
            yield row
        start = following


def _page(entries: Iterator[Row | str], limit: int) -> tuple[Sequence[Row | str], bool]:
    """Return the first `limit` entries and whether more follow; of no entries none do."""
    if limit <= 0:
        return [], False
    found = list(itertools.islice(entries, limit + 1))
    return found[:limit], len(found) > limit


def _name(entry: Row | str) -> str:
    return entry if isinstance(entry, str) else str(entry[1])


def _start(prefix: str, delimiter: str, after: str) -> str | None:
    if after < prefix:
        return prefix
    if not after:
        return ""
    if common_prefix(after, prefix, delimiter) == after:
        return past(after)
    return _following(after)


def _following(key: str) -> str:
    return key + "\0"
