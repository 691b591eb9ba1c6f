from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.store import index, listing, publisher, reader


def plan(connection: sqlite3.Connection, sql: str) -> str:
    values = {"after": 0, "limit": 10, "seq": 1}
    return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values))


@pytest.mark.parametrize("sql", [reader._CHANGES, reader._COUNT, reader._TIME])
def test_questions_about_changes_are_answered_from_an_index_without_sorting(
    connection: sqlite3.Connection, sql: str
) -> None:
    steps = plan(connection, sql)
    assert "SEARCH objects USING" in steps
    assert "SEARCH deletions USING" in steps
    assert "TEMP B-TREE" not in steps


def test_the_publisher_looks_only_at_what_is_not_published(connection: sqlite3.Connection) -> None:
    assert "objects_staged" in plan(connection, publisher._TO_PUBLISH)
    assert "deletions_to_publish" in plan(connection, publisher._TO_PUBLISH)


def test_uploads_are_listed_from_an_index_and_no_further_than_asked(connection: sqlite3.Connection) -> None:
    explained = "EXPLAIN QUERY PLAN " + listing._SCAN_UPLOADS
    steps = [row[3] for row in connection.execute(explained, ("team", "a", "", "b"))]
    assert steps == ["SEARCH uploads USING INDEX uploads_by_key (bucket=? AND (key,upload_id)>(?,?) AND key<?)"]


def test_an_index_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    connection = index.set_up(tmp_path / "index.db")
    connection.execute(f"PRAGMA user_version = {index.SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(Blocked, match=f"format {index.SCHEMA_VERSION + 1}"):
        index.set_up(tmp_path / "index.db")


@pytest.mark.parametrize("version", [0, -7])
def test_a_database_of_another_program_is_left_alone(tmp_path: Path, version: int) -> None:
    path = tmp_path / "index.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name)")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(Blocked, match="isn't as this service makes it"):
        index.set_up(path)
    assert path.read_bytes() == before


def test_setting_up_again_keeps_the_instance(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        connection = index.set_up(tmp_path / "index.db")
        ids.append(connection.execute("SELECT value FROM meta WHERE name = 'instance_id'").fetchone()[0])
        connection.close()
    assert ids[0] == ids[1]
    assert len(ids[0]) == 16


@pytest.mark.parametrize("connect", [index.set_up, index.connect])
def test_every_connection_waits_for_the_disk_and_never_checkpoints_unasked(connect: object, tmp_path: Path) -> None:
    assert callable(connect)
    index.set_up(tmp_path / "index.db").close()
    connection: sqlite3.Connection = connect(tmp_path / "index.db")
    names = ("journal_mode", "synchronous", "wal_autocheckpoint")
    assert [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names] == ["wal", 2, 0]
    connection.close()
