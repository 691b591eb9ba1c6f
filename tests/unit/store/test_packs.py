from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.store import packs
from dvc_sync_s3.store.index import FRAME_BYTES, log_of
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.packs import MOST_BYTES, packs_of
from dvc_sync_s3.store.puts import put_of, put_together
from dvc_sync_s3.store.transaction import Transaction
from dvc_sync_s3.store.writes import Body

BODIES = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([b"", b"a", b"bc" * 9_000, b"d" * 40_000])), max_size=40)


@given(BODIES)
def test_each_body_is_found_where_its_pack_says(steps: list[tuple[int, bytes]]) -> None:
    seqs = [sum(step for step, _ in steps[: number + 1]) for number in range(len(steps))]
    bodies = list(zip(seqs, (body for _, body in steps), strict=True))
    found = []
    for pack in packs_of(bodies):
        assert len(pack.starts) == pack.last - pack.first + 1
        ends = (*pack.starts[1:], len(pack.bodies))
        found += [
            (pack.first + number, pack.bodies[start:end])
            for number, (start, end) in enumerate(zip(pack.starts, ends, strict=True))
        ]
    assert found == bodies


@given(BODIES)
def test_a_pack_is_small_and_no_smaller_than_it_must_be(steps: list[tuple[int, bytes]]) -> None:
    found = packs_of(enumerate(body for _, body in steps))
    for pack in found:
        assert len(pack.bodies) <= MOST_BYTES or pack.first == pack.last
    for one, next_one in itertools.pairwise(found):
        (begin, *_, end) = (*next_one.starts, len(next_one.bodies))[:2]
        assert len(one.bodies) + end - begin > MOST_BYTES


def _put(connection: sqlite3.Connection, bodies: list[tuple[str, Body]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    transaction = Transaction(connection, 1)
    put_together(transaction, [put_of(NewObject("team", key, "e"), body) for key, body in bodies])
    transaction.finish()


def _small(data: bytes) -> Body:
    return Body(len(data), data, None)


def _read(connection: sqlite3.Connection) -> dict[str, bytes | None]:
    rows = connection.execute(f"SELECT key, {packs.BODY} FROM objects WHERE place = 'body'")  # noqa: S608
    return dict(rows.fetchall())


@pytest.fixture
def team(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("INSERT INTO buckets (name, created_at) VALUES ('team', 0)")
    return connection


def test_an_object_finds_its_own_body_among_those_it_came_with(team: sqlite3.Connection) -> None:
    first = {"a": b"", "b": b"one", "d": b"x" * MOST_BYTES, "e": b"two", "f": b""}
    staged = ("c", Body(1_000_000, None, "body-1"))
    _put(team, [*((key, _small(data)) for key, data in first.items() if key < "c"), staged])
    _put(team, [(key, _small(data)) for key, data in first.items() if key > "c"])
    _put(team, [("b", _small(b"replaced")), ("c", _small(b"small now"))])
    assert _read(team) == first | {"b": b"replaced", "c": b"small now"}


def test_an_empty_body_alone_is_empty_and_not_missing(team: sqlite3.Connection) -> None:
    _put(team, [("a", _small(b""))])
    assert _read(team) == {"a": b""}


def test_a_body_whose_pack_is_gone_is_missing_and_not_another_ones(team: sqlite3.Connection) -> None:
    for key in "abc":
        _put(team, [(key, _small(key.encode()))])
    team.execute("DELETE FROM packs WHERE last = 2")
    assert _read(team) == {"a": b"a", "b": None, "c": b"c"}


def test_a_pack_stays_as_long_as_one_of_its_bodies_is_needed(team: sqlite3.Connection) -> None:
    _put(team, [("a", _small(b"1")), ("b", _small(b"2"))])
    _put(team, [("c", _small(b"3"))])
    transaction = Transaction(team, 1)

    def left(until: int) -> list[int]:
        packs.drop_needless(transaction, 0, until)
        return [last for (last,) in team.execute("SELECT last FROM packs ORDER BY last")]

    team.execute("UPDATE objects SET place = 'tree' WHERE key IN ('b', 'c')")
    assert left(3) == [2]
    team.execute("DELETE FROM objects WHERE key = 'a'")
    assert left(1) == [2]  # it doesn't end before that
    assert left(3) == []


def test_bodies_that_come_together_take_no_more_pages_of_the_log_than_their_bytes(
    team: sqlite3.Connection, tmp_path: Path
) -> None:
    log = log_of(tmp_path / "index.db")

    def frames(prefix: str, data: bytes) -> int:
        before = log.stat().st_size
        _put(team, [(f"{prefix}/{number}", _small(data)) for number in range(13)])
        return (log.stat().st_size - before) // FRAME_BYTES

    frames("warm", b"")
    without = frames("without", b"")
    assert frames("with", b"x" * 2048) - without <= 13 * 2048 // 4096 + 2
