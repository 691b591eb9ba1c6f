"""Puts without a condition, those of a group in few statements.

Each statement lets go of the interpreter's lock and has to get it back from the thread that answers requests: five for
each put cost more than the disk. So all puts of a group share them, as rows of one `VALUES`.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from dvc_sync_s3.store.errors import NoSuchBucket
from dvc_sync_s3.store.index import ENTRY_COLUMNS, Place, as_text, as_time, parts_text
from dvc_sync_s3.store.writes import REPLACE, Body, Superseded, as_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dvc_sync_s3.store.index import Row
    from dvc_sync_s3.store.model import NewObject, StoredObject
    from dvc_sync_s3.store.transaction import Transaction

_MOST_ROWS = 64
# CROSS JOIN: for (bucket, key) IN (…) SQLite reads the whole table (https://www.sqlite.org/optoverview.html#crossjoin).
_BEFORE = """
WITH wanted (its_bucket, its_key) AS (VALUES {})
SELECT its_bucket, its_key, objects.seq, place, staged, deletions.seq FROM wanted
LEFT JOIN objects ON objects.bucket = its_bucket AND objects.key = its_key
LEFT JOIN deletions ON deletions.bucket = its_bucket AND deletions.key = its_key
CROSS JOIN buckets ON name = its_bucket
"""
_PUT = f"INSERT INTO objects ({ENTRY_COLUMNS}) VALUES {{}} {REPLACE}"  # noqa: S608
_UNDELETE = "DELETE FROM deletions WHERE seq IN (VALUES {})"
_ADD_BODIES = "INSERT INTO bodies (seq, body) VALUES {}"
_DROP_BODIES = "DELETE FROM bodies WHERE seq IN (VALUES {})"

_Key = tuple[str, str]


class Put(Struct, frozen=True):
    """A write that makes `body` the object's content, whatever was there."""

    new: NewObject
    body: Body

    def __call__(self, transaction: Transaction) -> tuple[StoredObject, Superseded]:
        """Do it alone; raises NoSuchBucket."""
        (result,) = put_together(transaction, [self])
        if isinstance(result, Exception):
            raise result
        return result


Result = tuple["StoredObject", Superseded] | NoSuchBucket


def put_together(transaction: Transaction, puts: Sequence[Put]) -> list[Result]:
    """Do all `puts`, in their order, and return what became of each."""
    results: list[Result] = []
    for run in _runs_of_different_keys(puts):
        results += _put_run(transaction, run)
    return results


def _runs_of_different_keys(puts: Iterable[Put]) -> Iterable[list[Put]]:
    run: dict[_Key, Put] = {}
    for put in puts:
        key = (put.new.bucket, put.new.key)
        if key in run:
            yield list(run.values())
            run = {}
        run[key] = put
    yield list(run.values())


class _Before(Struct, frozen=True):
    """What there is of a key: its object's row, if any, and the seq of its deletion, if any."""

    bucket: str
    key: str
    seq: int | None
    place: str | None
    staged: str | None
    deleted_seq: int | None


def _put_run(transaction: Transaction, run: Sequence[Put]) -> list[Result]:
    before = _what_there_is(transaction, [(put.new.bucket, put.new.key) for put in run])
    results: list[Result] = []
    entries, bodies = [], []
    at = as_time(transaction.at_us)
    for put in run:
        new = put.new
        found = before.get((new.bucket, new.key))
        if found is None:
            results.append(NoSuchBucket(new.bucket))
            continue
        seq = transaction.next_seq()
        entries.append(_entry(put, seq, transaction.at_us))
        if put.body.staged is None:
            bodies.append((seq, put.body.data))
        results.append((as_stored(new, seq, put.body.size, at), Superseded(found.staged)))
    gone = [(found.seq,) for found in before.values() if found.place == Place.BODY]
    again = [(found.deleted_seq,) for found in before.values() if found.deleted_seq is not None]
    for rows in _in_chunks(entries):
        _put_entries(transaction, rows)
    for sql, all_rows in ((_ADD_BODIES, bodies), (_DROP_BODIES, gone), (_UNDELETE, again)):
        for rows in _in_chunks(all_rows):
            _execute(transaction, sql, rows)
    return results


def _what_there_is(transaction: Transaction, keys: Sequence[_Key]) -> dict[_Key, _Before]:
    """Return what there is of each key whose bucket exists."""
    rows = [row for chunk in _in_chunks(keys) for row in _execute(transaction, _BEFORE, chunk)]
    return {row[:2]: _Before(*row) for row in rows}


def _entry(put: Put, seq: int, at_us: int) -> Row:
    new, body = put.new, put.body
    place = Place.BODY if body.staged is None else Place.STAGED
    texts = (as_text(new.headers), as_text(new.metadata), as_text(new.checksums), as_text(new.tags))
    row = (new.bucket, new.key, seq, body.size, new.etag, at_us, new.content_type, *texts)
    return (*row, new.checksum_type, new.owner, new.acl, place.value, body.staged, parts_text(new.parts))


def _in_chunks(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    """Yield chunks as large as a statement may be; each size has statements of its own, prepared once."""
    for begin in range(0, len(rows), _MOST_ROWS):
        yield rows[begin : begin + _MOST_ROWS]


def _execute(transaction: Transaction, sql: str, rows: Sequence[Row]) -> list[Any]:
    values = tuple(itertools.chain.from_iterable(rows))
    return transaction.connection.execute(_statement(sql, len(rows), (False,) * len(rows[0])), values).fetchall()


def _put_entries(transaction: Transaction, entries: Sequence[Row]) -> None:
    """Write rows, and what is NULL in all of them as such: sqlite3 looks for an adapter of each that it binds."""
    nulls = tuple([values.count(None) == len(entries) for values in zip(*entries, strict=True)])
    values = [value for row in entries for value, is_null in zip(row, nulls, strict=True) if not is_null]
    transaction.connection.execute(_statement(_PUT, len(entries), nulls), values)


@lru_cache(maxsize=5 * _MOST_ROWS)
def _statement(sql: str, rows: int, nulls: tuple[bool, ...]) -> str:
    row = f"({', '.join('NULL' if is_null else '?' for is_null in nulls)})"
    return sql.format(", ".join([row] * rows))
