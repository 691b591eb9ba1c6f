"""Puts without a condition, those of a group in few statements.

Each statement lets go of the interpreter's lock and has to get it back from the thread that answers requests: five for
each put cost more than the disk. So all puts of a group share them, as rows of one `VALUES`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dvc_sync_s3.store.errors import NoSuchBucket
from dvc_sync_s3.store.index import ENTRY_COLUMNS, Place, as_text, parts_text
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
SELECT bucket, key, seq, place, staged FROM wanted CROSS JOIN objects ON bucket = its_bucket AND key = its_key
"""
_PUT = f"INSERT INTO objects ({ENTRY_COLUMNS}) VALUES {{}} {REPLACE}"  # noqa: S608
_UNDELETE = """
WITH wanted (its_bucket, its_key) AS (VALUES {}) DELETE FROM deletions WHERE seq IN
(SELECT seq FROM wanted CROSS JOIN deletions ON bucket = its_bucket AND key = its_key)
"""
_ADD_BODIES = "INSERT INTO bodies (seq, body) VALUES {}"
_DROP_BODIES = "DELETE FROM bodies WHERE seq IN (VALUES {})"

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Put:
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


def _put_run(transaction: Transaction, run: Sequence[Put]) -> list[Result]:
    missing = _missing_buckets(transaction, {put.new.bucket for put in run})
    puts = [put for put in run if put.new.bucket not in missing]
    keys = [(put.new.bucket, put.new.key) for put in puts]
    before: dict[_Key, Row] = {}
    for rows in _in_chunks(keys):
        for bucket, key, *rest in _execute(transaction, _BEFORE, rows):
            before[bucket, key] = rest
    results: dict[_Key, Result] = {}
    entries, bodies = [], []
    for put in puts:
        new, seq = put.new, transaction.next_seq()
        entries.append(_entry(put, seq, transaction.at_us))
        if put.body.staged is None:
            bodies.append((seq, put.body.data))
        replaced = before.get((new.bucket, new.key))
        superseded = Superseded() if replaced is None else Superseded(replaced[2])
        results[new.bucket, new.key] = (as_stored(new, seq, put.body.size, transaction.at_us), superseded)
    gone = [(seq,) for seq, place, _ in before.values() if place == Place.BODY]
    new_keys = [key for key in keys if key not in before]
    for sql, all_rows in ((_PUT, entries), (_ADD_BODIES, bodies), (_DROP_BODIES, gone), (_UNDELETE, new_keys)):
        for rows in _in_chunks(all_rows):
            _execute(transaction, sql, rows)
    refused = ((put.new.bucket, put.new.key) for put in run)
    return [results[key] if key in results else NoSuchBucket(key[0]) for key in refused]


def _missing_buckets(transaction: Transaction, names: Iterable[str]) -> set[str]:
    found = "SELECT 1 FROM buckets WHERE name = ?"
    return {name for name in names if transaction.connection.execute(found, (name,)).fetchone() is None}


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
    return transaction.connection.execute(_statement(sql, len(rows), len(rows[0])), values).fetchall()


@lru_cache(maxsize=5 * _MOST_ROWS)
def _statement(sql: str, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return sql.format(", ".join([row] * rows))
