"""A page of a bucket's keys, at a cost that follows the page and not the keys below its common prefixes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dvc_sync_s3.store.index import OBJECT_COLUMNS, Row, as_object
from dvc_sync_s3.store.model import ListPage, ListRequest, StoredObject

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_SCAN = f"SELECT {OBJECT_COLUMNS} FROM objects WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key"  # noqa: S608
_SCAN_TO_END = f"SELECT {OBJECT_COLUMNS} FROM objects WHERE bucket = ? AND key >= ? ORDER BY key"  # noqa: S608


def list_page(connection: sqlite3.Connection, request: ListRequest) -> ListPage:
    """Return the page; call it inside a transaction, for it may need several scans."""
    objects: list[StoredObject] = []
    common_prefixes: list[str] = []
    last = None
    if request.limit > 0:
        for entry in _entries(connection, request):
            if len(objects) + len(common_prefixes) == request.limit:
                return ListPage(tuple(objects), tuple(common_prefixes), next_after=last)
            if isinstance(entry, str):
                common_prefixes.append(entry)
                last = entry
            else:
                objects.append(as_object(entry))
                last = objects[-1].key
    return ListPage(tuple(objects), tuple(common_prefixes), next_after=None)


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


def _entries(connection: sqlite3.Connection, request: ListRequest) -> Iterator[Row | str]:
    end = past(request.prefix)
    following: str | None = _start(request)
    while following is not None:
        start, following = following, None
        for row in _scan(connection, request.bucket, start, end):
            group = common_prefix(row[1], request.prefix, request.delimiter)
            if group is not None:
                yield group
                following = past(group)
                break
            yield row


def _start(request: ListRequest) -> str | None:
    after = request.after
    if after < request.prefix:
        return request.prefix
    if not after:
        return ""
    if common_prefix(after, request.prefix, request.delimiter) == after:
        return past(after)
    return after + "\0"


def _scan(connection: sqlite3.Connection, bucket: str, start: str, end: str | None) -> Iterator[Row]:
    if end is None:
        return connection.execute(_SCAN_TO_END, (bucket, start))
    return connection.execute(_SCAN, (bucket, start, end))
