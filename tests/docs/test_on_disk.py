"""The tables of docs/reference/on-disk.md are those of the two databases."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from tests.docs.conftest import read

Tables = dict[str, set[str]]


def tables_of(schema: str) -> Tables:
    """Return the columns of each table that SQLite makes of a schema."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(read(schema))
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            name: {column for (column,) in database.execute("SELECT name FROM pragma_table_info(?)", (name,))}
            for name in names
        }


def tables_told(heading: str) -> Tables:
    """Return the columns of each table that a chapter of the page tells; what is in brackets explains them."""
    [chapter] = re.findall(
        rf"^## {heading}$(.*?)(?=^## |\Z)", read("docs/reference/on-disk.md"), re.DOTALL | re.MULTILINE
    )
    told = re.findall(r"^\| `(\w+)` \| .+ \| (.+) \|$", chapter, re.MULTILINE)
    return {table: set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", columns))) for table, columns in told}


@pytest.mark.parametrize(
    ("heading", "schema"),
    [
        ("Tables", "src/dvc_sync_s3/store/schema.sql"),
        ("The ledger", "src/dvc_sync_s3/sync/ledger.sql"),
    ],
)
def test_the_page_tells_every_table_and_every_column_and_no_other(heading: str, schema: str) -> None:
    assert tables_told(heading) == tables_of(schema)
