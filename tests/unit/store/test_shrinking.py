"""What the index grew by under load is given back to the disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from dvc_sync_s3.store import index
from dvc_sync_s3.store.shrinking import KEPT_BYTES, shrink

BODY = b"x" * 3000
BODIES = 5000


def _grow(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO packs VALUES (?1, ?1, '[0]', ?2)", ((seq, BODY) for seq in range(BODIES)))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    connection.execute("DELETE FROM packs WHERE last <> ?", (BODIES // 2,))


def _bytes(connection: sqlite3.Connection) -> int:
    pages, page_bytes = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * page_bytes)


def test_what_a_backlog_took_is_given_back(connection: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    _grow(connection)
    assert path.stat().st_size > BODIES * len(BODY) > 3 * KEPT_BYTES
    shrink(path, lambda: True)
    assert path.stat().st_size < KEPT_BYTES * 1.1
    assert index.log_of(path).stat().st_size <= index.LOG_AT_REST_BYTES
    assert connection.execute("SELECT bodies FROM packs").fetchall() == [(BODY,)]
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_log_that_grew_under_load_is_cut_when_nothing_is_written_any_more(
    connection: sqlite3.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "index.db"
    _grow(connection)
    assert index.LOG_AT_REST_BYTES < index.log_of(path).stat().st_size < index.LOG_BYTES
    connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    connection.execute("UPDATE meta SET value = value")
    assert index.log_of(path).stat().st_size > index.LOG_AT_REST_BYTES
    shrink(path, lambda: True)
    assert index.log_of(path).stat().st_size <= index.LOG_AT_REST_BYTES


def test_it_stops_when_there_is_something_to_do(connection: sqlite3.Connection, tmp_path: Path) -> None:
    _grow(connection)
    before = _bytes(connection)
    answers = iter([True, False, False])
    shrink(tmp_path / "index.db", lambda: next(answers))
    assert before - 2_000_000 < _bytes(connection) < before


def test_its_log_stays_short_meanwhile(connection: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    _grow(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    lengths = []

    def is_wanted() -> bool:
        lengths.append(index.log_of(path).stat().st_size)
        return True

    shrink(path, is_wanted)
    assert max(lengths) < 3 * KEPT_BYTES
