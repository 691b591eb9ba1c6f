from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from dvc_sync_s3.store.errors import NoSuchBucket
from dvc_sync_s3.store.model import NewObject, StoredObject
from dvc_sync_s3.store.packs import BODY
from dvc_sync_s3.store.puts import Put, Result, put_of, put_together
from dvc_sync_s3.store.transaction import Transaction
from dvc_sync_s3.store.writes import Body, Superseded
from tests.unit.store.steps import steps_of


@pytest.fixture
def bucket(connection: sqlite3.Connection) -> str:
    connection.execute("INSERT INTO buckets (name, created_at) VALUES ('team', 0)")
    return "team"


def small(key: str, data: bytes = b"body", bucket: str = "team") -> Put:
    return put_of(NewObject(bucket, key, etag="e"), Body(len(data), data, None))


def staged(key: str, name: str) -> Put:
    return put_of(NewObject("team", key, etag="e"), Body(1_000_000, None, name))


def done(result: object) -> tuple[StoredObject, Superseded]:
    assert isinstance(result, tuple)
    return result


def in_transaction(connection: sqlite3.Connection, work: Callable[[Transaction], list[Result]]) -> list[Result]:
    connection.execute("BEGIN IMMEDIATE")
    transaction = Transaction(connection, at_us=1)
    result = work(transaction)
    transaction.finish()
    return result


def bodies(connection: sqlite3.Connection) -> dict[str, bytes]:
    rows = connection.execute(f"SELECT key, {BODY} FROM objects WHERE place = 'body'")  # noqa: S608
    return dict(rows.fetchall())


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(("puts", "most"), [(1, 6), (31, 6), (64, 6), (100, 6 + 3)])
def test_a_group_of_puts_needs_few_statements(connection: sqlite3.Connection, puts: int, most: int) -> None:
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    in_transaction(connection, lambda it: put_together(it, [small(f"out/{number}") for number in range(puts)]))
    assert len(statements) <= most
    assert len(bodies(connection)) == puts


@pytest.mark.usefixtures("bucket")
def test_a_put_costs_the_same_however_many_keys_there_are(connection: sqlite3.Connection) -> None:
    def put(begin: int, end: int) -> None:
        puts = [small(f"out/{number:09}") for number in range(begin, end)]
        in_transaction(connection, lambda it: put_together(it, puts))

    before = steps_of(connection, lambda: put(0, 16))
    put(1_000, 11_000)
    assert steps_of(connection, lambda: put(20_000, 20_016)) <= before * 1.1 + 50


@pytest.mark.usefixtures("bucket")
def test_of_two_puts_of_a_key_in_one_group_the_later_one_stands(connection: sqlite3.Connection) -> None:
    results = in_transaction(
        connection,
        lambda it: put_together(it, [small("a", b"1"), small("b", b"2"), small("a", b"3"), small("a", b"4")]),
    )
    assert [done(result)[0].seq for result in results] == [1, 2, 3, 4]
    assert bodies(connection) == {"a": b"4", "b": b"2"}


@pytest.mark.usefixtures("bucket")
def test_a_put_into_no_bucket_is_refused_alone(connection: sqlite3.Connection) -> None:
    puts = [small("a"), small("b", bucket="nobody"), small("c")]
    results = in_transaction(connection, lambda it: put_together(it, puts))
    assert [type(result) for result in results] == [tuple, NoSuchBucket, tuple]
    assert sorted(bodies(connection)) == ["a", "c"]


@pytest.mark.usefixtures("bucket")
def test_a_put_names_the_staged_body_that_it_replaced(connection: sqlite3.Connection) -> None:
    in_transaction(connection, lambda it: put_together(it, [staged("a", "body-1"), staged("b", "body-2")]))
    results = in_transaction(connection, lambda it: put_together(it, [small("a"), staged("b", "body-3"), small("c")]))
    assert [done(result)[1].staged for result in results] == ["body-1", "body-2", None]


@pytest.mark.usefixtures("bucket")
def test_a_key_put_again_is_no_longer_deleted(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO deletions (bucket, key, seq, at) VALUES ('team', 'a', 0, 0)")
    in_transaction(connection, lambda it: put_together(it, [small("a"), small("b")]))
    assert connection.execute("SELECT count(*) FROM deletions").fetchone() == (0,)


@pytest.mark.usefixtures("bucket")
def test_puts_of_one_group_say_different_things(connection: sqlite3.Connection) -> None:
    said = {"a": "text/plain", "b": None, "c": "application/json", "d": None}
    puts = [put_of(NewObject("team", key, etag="e", content_type=said[key]), Body(1, b"1", None)) for key in said]
    in_transaction(connection, lambda it: put_together(it, puts))
    assert dict(connection.execute("SELECT key, content_type FROM objects ORDER BY seq").fetchall()) == said


@pytest.mark.usefixtures("bucket")
def test_a_put_leaves_nothing_of_what_its_predecessor_said(connection: sqlite3.Connection) -> None:
    everything = NewObject(
        "team", "a", "e", "text/plain", tags=(("a", "b"),), checksum_type="COMPOSITE", owner="o", acl="l"
    )
    in_transaction(connection, lambda it: put_together(it, [put_of(everything, Body(1_000_000, None, "body-1"))]))
    in_transaction(connection, lambda it: put_together(it, [small("a")]))
    row = connection.execute(
        "SELECT content_type, checksum_type, owner, acl, staged, tags, place FROM objects"
    ).fetchone()
    assert row == (None, None, None, None, None, "[]", "body")


@pytest.mark.usefixtures("bucket")
def test_what_a_put_need_not_know_is_no_row_to_fetch(connection: sqlite3.Connection) -> None:
    in_transaction(connection, lambda it: put_together(it, [small("a"), staged("b", "body-1")]))
    fetched: list[tuple[object, ...]] = []

    def fetch(_: sqlite3.Cursor, row: tuple[object, ...]) -> tuple[object, ...]:
        fetched.append(row)
        return row

    connection.row_factory = fetch
    in_transaction(connection, lambda it: put_together(it, [small(key) for key in "abcdefgh"]))
    assert [row[:2] for row in fetched if len(row) > 1] == [("team", None), ("team", "b")]


def test_a_refused_put_leaves_the_deletion_of_its_key(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO deletions (bucket, key, seq, at) VALUES ('gone', 'a', 1, 0)")
    (result,) = in_transaction(connection, lambda it: put_together(it, [small("a", bucket="gone")]))
    assert isinstance(result, NoSuchBucket)
    assert connection.execute("SELECT count(*) FROM deletions").fetchone() == (1,)
