from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from dvc_sync_s3.store import index


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return a connection to a new index."""
    connection = index.set_up(tmp_path / "index.db")
    yield connection
    connection.close()
