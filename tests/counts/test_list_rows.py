"""What a page of LIST asks of SQLite, counted in steps of its virtual machine: the page, and not the bucket."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from dvc_sync_s3.store import index
from dvc_sync_s3.store.listing import list_page
from dvc_sync_s3.store.model import ListRequest

FEW, MANY, PER_FOLDER, PAGE = 2_000, 40_000, 5, 200
STEPS_PER_KEY = 30
STEPS_PER_PREFIX = 110
_ADD = """
INSERT INTO objects (bucket, key, seq, size, etag, modified_at, headers, metadata, checksums, place)
VALUES (?, ?, ?, 2048, 'etag', 0, '[]', '[]', '[]', 'tree')
"""


def key(number: int) -> str:
    return f"{number // PER_FOLDER:06}/{number:06}"


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, index.IndexConnection]]:
    """Return indexes by how many keys they hold in their bucket `team`, which lies between two others."""
    opened = {}
    for count in (FEW, MANY):
        connection = opened[count] = index.set_up(tmp_path_factory.mktemp("index") / "index.db")
        connection.execute("BEGIN")
        rows = [("team", key(number)) for number in range(count)] + [("tea", "1"), ("teams", "1")]
        connection.executemany(_ADD, ((*row, seq) for seq, row in enumerate(rows, 1)))
        connection.execute("COMMIT")
    yield opened
    for connection in opened.values():
        connection.close()


def steps(connection: sqlite3.Connection, request: ListRequest) -> int:
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.set_progress_handler(count, 1)
    page = list_page(connection, request)
    connection.set_progress_handler(None, 0)
    assert len(page.objects) + len(page.common_prefixes) == PAGE
    return taken


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.85])
@pytest.mark.parametrize(("delimiter", "most"), [("", STEPS_PER_KEY), ("/", STEPS_PER_PREFIX)])
def test_a_page_costs_the_same_anywhere_in_a_bucket_twenty_times_as_large(
    stores: dict[int, index.IndexConnection], delimiter: str, most: int, share: float
) -> None:
    share = share if not delimiter else share / 2
    requests = {
        count: ListRequest("team", delimiter=delimiter, after=key(int(count * share)) if share else "", limit=PAGE)
        for count in stores
    }
    few, many = (steps(stores[count], requests[count]) for count in (FEW, MANY))
    assert abs(few - many) <= 8
    assert many <= most * PAGE


@pytest.mark.parametrize("count", [FEW, MANY])
def test_the_last_page_ends_with_the_bucket(stores: dict[int, index.IndexConnection], count: int) -> None:
    request = ListRequest("team", after=key(count - PAGE - 1), limit=1000)
    assert steps(stores[count], request) <= STEPS_PER_KEY * PAGE


@pytest.mark.parametrize(("delimiter", "prefix"), [("", ""), ("/", ""), ("/", "000001/")])
def test_a_page_is_one_row_of_one_statement(
    stores: dict[int, index.IndexConnection], delimiter: str, prefix: str
) -> None:
    connection, statements = stores[MANY], list[str]()
    connection.set_trace_callback(statements.append)
    page = list_page(connection, ListRequest("team", prefix, delimiter, limit=PAGE))
    connection.set_trace_callback(None)
    assert len(page.objects) + len(page.common_prefixes) == (PER_FOLDER if prefix else PAGE)
    (statement,) = statements
    assert len(connection.execute(statement).fetchall()) == 1
