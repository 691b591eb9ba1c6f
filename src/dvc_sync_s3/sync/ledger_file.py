"""The ledger's file: opened, or set aside and begun anew where it is damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import structlog

from dvc_sync_s3 import durable
from dvc_sync_s3.sync.ledger import FILE_NAME, FORMAT, SCHEMA, Ledger
from dvc_sync_s3.sync.lineage import Index

log = structlog.get_logger("sync")

_FILES_OF_ONE = ("", "-wal", "-shm")
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""What SQLite says of what it can't have written, or of tables that are none of ours."""


def open_ledger(folder: Path, index: Index, now: datetime) -> Ledger:
    """Open the ledger in `folder`; a damaged one is kept under another name, and a new one made of branch and store.

    Reads the whole file once. Raises Blocked if a newer version of the service made it, sqlite3.Error or OSError if the
    disk refuses.
    """
    damage = find_damage(folder)
    if damage is not None:
        kept = _set_aside(folder / FILE_NAME, now)
        log.warning("the ledger was damaged; it is made anew from branch and store", damage=damage, kept=str(kept))
    return Ledger(folder, index)


def find_damage(folder: Path) -> str | None:
    """Return what is wrong with the ledger's file; None if nothing is, there is none, or its format is a newer one."""
    path = folder / FILE_NAME
    if not path.exists():
        return None
    if path.stat().st_size == 0:
        return "the file is empty"
    try:
        with closing(sqlite3.connect(path)) as db:
            (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
            return _what_is_wrong(db) if found == "ok" else str(found)
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in _DAMAGE:
            return str(error)
        raise


def _what_is_wrong(db: sqlite3.Connection) -> str | None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version != FORMAT:
        return None if version > FORMAT else f"it has format {version}"
    with closing(sqlite3.connect(":memory:")) as new:
        new.executescript(files(__package__).joinpath(SCHEMA).read_text(encoding="utf-8"))
        expected, there = _columns(new), _columns(db)
    missing = {table: columns - there.get(table, frozenset()) for table, columns in expected.items()}
    return next((f"its table {table} has no column {min(names)}" for table, names in missing.items() if names), None)


def _columns(db: sqlite3.Connection) -> Mapping[str, frozenset[str]]:
    """Return the columns of each table."""
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: frozenset(row[1] for row in db.execute(f"PRAGMA table_info({table})")) for table in tables}


def _set_aside(path: Path, now: datetime) -> Path:
    kept = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")
    for suffix in _FILES_OF_ONE:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(kept.with_name(kept.name + suffix))
    durable.sync_folder(path.parent)
    return kept
