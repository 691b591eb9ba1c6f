"""Bodies in memory: the right one or none, and no more of them than there is room for."""

from __future__ import annotations

import pytest

from dvc_sync_s3.store.index import ENTRY_COLUMNS, Row, as_entry
from dvc_sync_s3.store.remembered import SMALL_BYTES, Known, RememberedBodies

COLUMNS = ENTRY_COLUMNS.split(", ")


def row_of(key: str, seq: int, size: int, tags: str = "[]") -> Row:
    values = {"bucket": "b", "key": key, "seq": seq, "size": size, "etag": "e", "modified_at": 0, "place": "tree"}
    texts = dict.fromkeys(("headers", "metadata", "checksums", "parts"), "[]")
    return tuple({**values, **texts, "tags": tags}.get(name) for name in COLUMNS)


SEEN = 2


def remember(bodies: RememberedBodies, row: Row, body: bytes) -> None:
    bodies.remember(Known(row, as_entry(row), body, SEEN))


def body_of(bodies: RememberedBodies, row: Row) -> bytes | None:
    found = bodies.get(row, SEEN)
    return None if found is None else found.body


def test_a_body_is_remembered_with_its_row() -> None:
    bodies = RememberedBodies(100)
    remember(bodies, row_of("k", 1, 4), b"body")
    assert body_of(bodies, row_of("k", 1, 4)) == b"body"


@pytest.mark.parametrize("row", [row_of("k", 2, 4), row_of("k", 1, 4, '[["a","b"]]'), row_of("other", 1, 4)])
def test_another_row_has_another_body(row: Row) -> None:
    bodies = RememberedBodies(100)
    remember(bodies, row_of("k", 1, 4), b"body")
    assert body_of(bodies, row) is None


def test_those_read_last_are_kept() -> None:
    bodies = RememberedBodies(100)
    rows = [row_of(key, 1, 40) for key in "abc"]
    remember(bodies, rows[0], b"0" * 40)
    remember(bodies, rows[1], b"1" * 40)
    bodies.get(rows[0], SEEN)
    remember(bodies, rows[2], b"2" * 40)
    assert [body_of(bodies, row) is not None for row in rows] == [True, False, True]


def test_a_key_has_one_body_and_takes_its_room_once() -> None:
    bodies = RememberedBodies(100)
    for seq in range(10):
        remember(bodies, row_of("k", seq, 40), b"0" * 40)
    remember(bodies, row_of("other", 1, 40), b"1" * 40)
    assert body_of(bodies, row_of("k", 9, 40)) is not None
    assert body_of(bodies, row_of("other", 1, 40)) is not None


def test_large_bodies_are_not_remembered() -> None:
    bodies = RememberedBodies(2 * SMALL_BYTES)
    sizes = (SMALL_BYTES, SMALL_BYTES + 1)
    assert [bodies.wants(as_entry(row_of("k", 1, size))) for size in sizes] == [True, False]


def test_without_its_row_a_body_is_known_until_something_is_committed() -> None:
    bodies = RememberedBodies(100)
    remember(bodies, row_of("k", 1, 4), b"body")
    assert bodies.unchanged("b", "k", SEEN) is not None
    assert bodies.unchanged("b", "k", SEEN + 2) is None
    assert bodies.unchanged("b", "other", SEEN) is None


def test_a_row_that_stands_after_a_commit_makes_its_body_known_again() -> None:
    bodies = RememberedBodies(100)
    remember(bodies, row_of("k", 1, 4), b"body")
    bodies.get(row_of("k", 1, 4), SEEN + 2)
    assert bodies.unchanged("b", "k", SEEN + 2) is not None


def test_what_was_read_while_somebody_committed_is_known_by_its_row_alone() -> None:
    bodies = RememberedBodies(100)
    row = row_of("k", 1, 4)
    bodies.remember(Known(row, as_entry(row), b"body", None))
    assert bodies.unchanged("b", "k", SEEN) is None
    assert body_of(bodies, row) == b"body"
