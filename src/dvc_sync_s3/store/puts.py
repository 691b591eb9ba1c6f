"""Puts without a condition, those of a group in few statements.

Each statement lets go of the interpreter's lock and has to get it back from the thread that answers requests: five for
each put cost more than the disk. So all puts of a group share them, as rows of one `VALUES`.
"""

from __future__ import annotations

import functools
import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from dvc_sync_s3.store import packs, writes
from dvc_sync_s3.store.errors import NoSuchBucket
from dvc_sync_s3.store.index import Place, as_text, as_time, parts_text
from dvc_sync_s3.store.writes import REPLACE, Body, Superseded, as_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dvc_sync_s3.store.index import Row
    from dvc_sync_s3.store.model import NewObject, Precondition, StoredObject
    from dvc_sync_s3.store.transaction import Transaction

_MOST_ROWS = 64
# A row for each thing that matters, and none for what isn't there: to fetch one takes the interpreter's lock once more.
# Deletions of a bucket that is gone stand: a put into it is refused.
# CROSS JOIN: for (bucket, key) IN (…) SQLite reads the whole table (https://www.sqlite.org/optoverview.html#crossjoin).
_BEFORE = """
WITH wanted (its_bucket, its_key) AS (VALUES {})
SELECT name, NULL, NULL, NULL FROM buckets WHERE name IN (SELECT its_bucket FROM wanted)
UNION ALL SELECT bucket, key, NULL, staged FROM wanted CROSS JOIN objects ON bucket = its_bucket AND key = its_key
  WHERE staged IS NOT NULL
UNION ALL SELECT bucket, key, seq, NULL FROM wanted CROSS JOIN deletions ON bucket = its_bucket AND key = its_key
  CROSS JOIN buckets ON name = its_bucket
"""
_ALWAYS = "bucket, key, size, etag, headers, metadata, checksums, tags, place, parts"
_SOMETIMES = ("content_type", "checksum_type", "owner", "acl", "staged")
_PUT = f"INSERT INTO objects ({{columns}}, seq, modified_at) VALUES {{}} {REPLACE}"  # noqa: S608
_UNDELETE = "DELETE FROM deletions WHERE seq IN (VALUES {})"

_Key = tuple[str, str]


class Put(Struct, frozen=True):
    """A write that makes `body` the object's content, whatever was there."""

    new: NewObject
    body: Body
    columns: str
    """Those of its row that are neither NULL nor known only when it is our turn."""
    values: Row
    """What is in them."""

    def __call__(self, transaction: Transaction) -> tuple[StoredObject, Superseded]:
        """Do it alone; raises NoSuchBucket."""
        (result,) = put_together(transaction, [self])
        if isinstance(result, Exception):
            raise result
        return result


Result = tuple["StoredObject", Superseded] | NoSuchBucket


def put_of(new: NewObject, body: Body) -> Put:
    """Return the write, with all of its row that doesn't have to wait for its turn: others wait meanwhile."""
    place = Place.BODY if body.staged is None else Place.STAGED
    texts = (as_text(new.headers), as_text(new.metadata), as_text(new.checksums), as_text(new.tags))
    always = (new.bucket, new.key, body.size, new.etag, *texts, place.value, parts_text(new.parts))
    sometimes = (new.content_type, new.checksum_type, new.owner, new.acl, body.staged)
    columns = _columns(tuple([value is not None for value in sometimes]))
    return Put(new, body, columns, (*always, *[value for value in sometimes if value is not None]))


def put_if(
    new: NewObject, body: Body, precondition: Precondition | None
) -> Callable[[Transaction], tuple[StoredObject, Superseded]]:
    """Return the write; one with a condition is run by itself."""
    if precondition is None:
        return put_of(new, body)
    return functools.partial(writes.put, new=new, body=body, precondition=precondition)


@lru_cache(maxsize=32)
def _columns(are_there: tuple[bool, ...]) -> str:
    """Return the columns of a row; sqlite3 takes its time to bind a NULL, so those aren't named."""
    return ", ".join([_ALWAYS, *itertools.compress(_SOMETIMES, are_there)])


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
    """What there is of the keys of a run that a put must know."""

    buckets: set[str]
    staged: dict[_Key, str]
    """Names of the staged bodies."""
    deletions: list[int]
    """Their seqs."""


def _put_run(transaction: Transaction, run: Sequence[Put]) -> list[Result]:
    before = _what_there_is(transaction, run)
    results: list[Result] = []
    accepted: list[tuple[int, Put]] = []
    at = as_time(transaction.at_us)
    for put in run:
        new = put.new
        if new.bucket not in before.buckets:
            results.append(NoSuchBucket(new.bucket))
            continue
        accepted.append((seq := transaction.next_seq(), put))
        superseded = Superseded(before.staged.get((new.bucket, new.key)))
        results.append((as_stored(new, seq, put.body.size, at), superseded))
    _write(transaction, accepted, before)
    return results


def _write(transaction: Transaction, puts: Sequence[tuple[int, Put]], before: _Before) -> None:
    """Write the rows of `puts`, by their seqs; their keys are no longer deleted."""
    at_us = transaction.at_us
    for columns, alike in itertools.groupby(puts, lambda it: it[1].columns):
        rows = [(*put.values, seq, at_us) for seq, put in alike]
        _execute(transaction, _PUT, rows, columns)
    packs.add(transaction, [(seq, put.body.data) for seq, put in puts if put.body.data is not None])
    _execute(transaction, _UNDELETE, [(seq,) for seq in before.deletions])


def _what_there_is(transaction: Transaction, run: Sequence[Put]) -> _Before:
    before = _Before(set(), {}, [])
    for bucket, key, deleted, staged in _execute(transaction, _BEFORE, [put.values[:2] for put in run]):
        if key is None:
            before.buckets.add(bucket)
        elif staged is None:
            before.deletions.append(deleted)
        else:
            before.staged[bucket, key] = staged
    return before


def _execute(transaction: Transaction, sql: str, rows: Sequence[Row], columns: str = "") -> list[Any]:
    """Run `sql` for all `rows`, as many at once as a statement may be; each size has statements of its own."""
    found: list[Any] = []
    for begin in range(0, len(rows), _MOST_ROWS):
        some = rows[begin : begin + _MOST_ROWS]
        statement = _statement(sql, columns, len(some), len(rows[0]))
        found += transaction.connection.execute(statement, tuple(itertools.chain.from_iterable(some))).fetchall()
    return found


@lru_cache(maxsize=5 * _MOST_ROWS)
def _statement(sql: str, columns: str, rows: int, values: int) -> str:
    row = f"({', '.join(['?'] * values)})"
    return sql.format(", ".join([row] * rows), columns=columns)
