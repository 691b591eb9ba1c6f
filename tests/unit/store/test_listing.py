from __future__ import annotations

import sqlite3

from dvc_sync_s3.store.listing import list_page
from dvc_sync_s3.store.model import ListRequest
from tests.unit.store.steps import steps_of


def fill(connection: sqlite3.Connection, keys: list[str]) -> None:
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO objects (bucket, key, seq, size, etag, modified_at, headers, metadata, checksums, place)"
        " VALUES ('team', ?, ?, 0, '', 0, '[]', '[]', '[]', 'tree')",
        [(key, seq) for seq, key in enumerate(keys, 1)],
    )
    connection.execute("COMMIT")


def steps(connection: sqlite3.Connection, request: ListRequest) -> int:
    return steps_of(connection, lambda: list_page(connection, request))


def test_a_common_prefix_costs_one_seek_however_many_keys_are_below_it(connection: sqlite3.Connection) -> None:
    fill(connection, [f"{folder}/{number:06}" for folder in "abc" for number in range(20_000)])
    request = ListRequest("team", delimiter="/", limit=3)
    assert list_page(connection, request).common_prefixes == ("a/", "b/", "c/")
    assert steps(connection, request) < 1_000


def test_a_page_costs_its_own_length_wherever_it_begins(connection: sqlite3.Connection) -> None:
    fill(connection, [f"{number:06}" for number in range(20_000)])
    page = list_page(connection, ListRequest("team", after="015000", limit=10))
    assert [stored.key for stored in page.objects] == [f"{number:06}" for number in range(15_001, 15_011)]
    assert page.next_after == "015010"
    assert steps(connection, ListRequest("team", after="015000", limit=10)) < 1_000


def test_a_page_begins_after_a_whole_common_prefix(connection: sqlite3.Connection) -> None:
    fill(connection, ["a/", "a/1", "a/2", "a0", "b"])
    page = list_page(connection, ListRequest("team", delimiter="/", after="a/"))
    assert (page.common_prefixes, [stored.key for stored in page.objects]) == ((), ["a0", "b"])


def test_a_page_may_begin_inside_a_common_prefix_and_then_names_it(connection: sqlite3.Connection) -> None:
    fill(connection, ["a/1", "a/2", "b"])
    page = list_page(connection, ListRequest("team", delimiter="/", after="a/1"))
    assert page.common_prefixes == ("a/",)
