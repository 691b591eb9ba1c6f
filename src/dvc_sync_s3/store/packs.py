"""Small bodies on their way to plain files: those that are committed together lie in one blob, one after the other.

With a row for each, 13 of 2 KB wrote 24 pages of the index's log; so they write 17. A pack stays until the last of its
bodies is a plain file or was replaced; nothing in it ever changes.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import orjson
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dvc_sync_s3.store.transaction import Transaction

MOST_BYTES = 64 * 1024
"""Whoever reads one body reads its whole pack; a larger body has a pack of its own."""
BODY = """CASE WHEN size = 0 THEN x'' ELSE (
  SELECT substr(bodies, 1 + json_extract(starts, '$[' || (objects.seq - first) || ']'), objects.size)
  FROM packs WHERE last >= objects.seq AND first <= objects.seq ORDER BY last LIMIT 1
) END"""
"""The body of a row of `objects` whose place is `body`; SQLite has a NULL for a part of an empty blob."""
_ADD = "INSERT INTO packs (last, first, starts, bodies) VALUES (?, ?, ?, ?)"
_DROP = """
DELETE FROM packs WHERE last > ? AND last <= ?
  AND NOT EXISTS (SELECT 1 FROM objects WHERE seq BETWEEN first AND last AND place = 'body')
"""


class Pack(Struct, frozen=True):
    """The bodies of all changes from `first` to `last`."""

    first: int
    last: int
    starts: tuple[int, ...]
    """Where each of them begins in `bodies`."""
    bodies: bytes


def packs_of(bodies: Iterable[tuple[int, bytes]]) -> list[Pack]:
    """Lay `bodies`, each with the seq of its change, into packs; where a seq is missing, a new one begins.

    >>> packs_of([(4, b"one"), (5, b"two"), (7, b"three")])
    [Pack(first=4, last=5, starts=(0, 3), bodies=b'onetwo'), Pack(first=7, last=7, starts=(0,), bodies=b'three')]
    """
    packs: list[Pack] = []
    lying: list[bytes] = []
    first = size = 0
    for seq, body in bodies:
        if lying and (seq != first + len(lying) or size + len(body) > MOST_BYTES):
            packs.append(_pack(first, lying))
            lying, size = [], 0
        if not lying:
            first = seq
        lying.append(body)
        size += len(body)
    return [*packs, _pack(first, lying)] if lying else packs


def _pack(first: int, bodies: list[bytes]) -> Pack:
    starts = itertools.accumulate(map(len, bodies[:-1]), initial=0)
    return Pack(first, first + len(bodies) - 1, tuple(starts), b"".join(bodies))


def add(transaction: Transaction, bodies: Iterable[tuple[int, bytes]]) -> None:
    """Keep `bodies`, each with the seq of its change: no other change of this transaction may be between them."""
    for pack in packs_of(bodies):
        row = (pack.last, pack.first, orjson.dumps(pack.starts).decode(), pack.bodies)
        transaction.connection.execute(_ADD, row)


def drop_needless(transaction: Transaction, after: int, until: int) -> None:
    """Remove those that end after the change `after`, not after `until`, and of which no body is needed any more."""
    transaction.connection.execute(_DROP, (after, until))
