"""A page of a bucket's keys or uploads, at a cost that follows the page and not the keys below its common prefixes."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

import orjson

from dvc_sync_s3.store.index import Row, as_headers
from dvc_sync_s3.store.model import ListedObject, ListPage, ListRequest, UploadsPage, UploadsRequest
from dvc_sync_s3.store.uploads import UPLOAD_COLUMNS, as_upload

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

_TIME = "strftime('%Y-%m-%dT%H:%M:%fZ', modified_at / 1000 / 1000.0, 'unixepoch')"
_LISTED = f"json_array({{name}}, size, etag, {_TIME}, headers, json(checksums), checksum_type, owner)"
_FLAT = f"""
SELECT json_group_array({_LISTED.format(name="key")}) FROM (
  SELECT key, size, etag, modified_at, headers, checksums, checksum_type, owner FROM objects
  WHERE bucket = :bucket AND key >= :start AND key < :end ORDER BY key LIMIT :limit)
"""  # noqa: S608
# From one entry of the page to the next, by a seek past all that the entry stands for. Keys are cut as bytes: SQLite's
# functions end a text at its first NUL, which a key may have. Where an entry isn't a group, `cut` is 0.
_GROUPED = f"""
WITH RECURSIVE firsts(key) AS (
  SELECT (SELECT CAST(key AS BLOB) FROM objects
          WHERE bucket = :bucket AND key >= :start AND key < :end ORDER BY key LIMIT 1)
  UNION ALL
  SELECT (SELECT CAST(objects.key AS BLOB) FROM objects
          WHERE bucket = :bucket AND objects.key < :end AND objects.key >= CAST(
            CASE instr(substr(firsts.key, :inside), :delimiter)
            WHEN 0 THEN firsts.key || x'00'
            ELSE substr(firsts.key, 1, :inside + instr(substr(firsts.key, :inside), :delimiter) - 2) || :past_delimiter
            END AS TEXT)
          ORDER BY objects.key LIMIT 1)
  FROM firsts WHERE firsts.key IS NOT NULL
), entries(name, is_group) AS (
  SELECT CAST(iif(cut, substr(key, 1, :inside + cut + length(:delimiter) - 2), key) AS TEXT), cut > 0
  FROM (SELECT key, instr(substr(key, :inside), :delimiter) AS cut FROM firsts WHERE key IS NOT NULL LIMIT :limit)
)
SELECT json_group_array(CASE WHEN is_group THEN json_array(name) ELSE {_LISTED.format(name="name")} END)
FROM entries LEFT JOIN objects ON NOT is_group AND bucket = :bucket AND key = name
"""  # noqa: S608
_SCAN_UPLOADS = f"""
SELECT {UPLOAD_COLUMNS} FROM uploads WHERE bucket = ? AND (key, upload_id) > (?, ?) AND key < ? ORDER BY key, upload_id
"""  # noqa: S608
_LAST_KEY = chr(sys.maxunicode) * 256
"""No key comes after: it has the 1,024 bytes that a key may have at most, the highest there are."""
_AFTER_ALL_KEYS = b""
"""SQLite sorts every blob after every text: https://www.sqlite.org/datatype3.html#comparison_expressions"""


def list_page(connection: sqlite3.Connection, request: ListRequest) -> ListPage:
    """Return the page: one row of one statement, for each row of many would wait for the interpreter's lock."""
    start = _start(request.prefix, request.delimiter, request.after)
    if start is None or request.limit <= 0:
        return ListPage((), (), None)
    values = {
        "bucket": request.bucket,
        "start": start,
        "end": past(request.prefix) or _AFTER_ALL_KEYS,
        "inside": len(request.prefix.encode()) + 1,
        "delimiter": request.delimiter.encode(),
        "past_delimiter": (past(request.delimiter) or request.delimiter + _LAST_KEY).encode(),
        "limit": request.limit + 1,
    }
    (found,) = connection.execute(_GROUPED if request.delimiter else _FLAT, values).fetchone()
    entries = orjson.loads(found)
    shown = entries[: request.limit]
    return ListPage(
        objects=tuple([_as_listed(entry) for entry in shown if len(entry) > 1]),
        common_prefixes=tuple([entry[0] for entry in shown if len(entry) == 1]),
        next_after=shown[-1][0] if len(entries) > len(shown) else None,
    )


def _as_listed(entry: Row) -> ListedObject:
    key, size, etag, modified_at, headers, checksums, checksum_type, owner = entry
    algorithms = tuple([name for name, _ in checksums])
    return ListedObject(key, size, etag, modified_at, as_headers(headers), algorithms, checksum_type, owner)


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
