"""What the disk and SQLite say, and what to do next."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked, SyncError, Transient
from dvc_sync_s3.failures import explained


def full(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "a.db")) as db:
        db.execute("PRAGMA max_page_count = 2")
        db.execute("CREATE TABLE a (b)")
        db.execute("INSERT INTO a VALUES (zeroblob(100000))")


def damaged(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "a.db", isolation_level=None)) as db:
        db.execute("CREATE TABLE a (b)")
        db.execute("INSERT INTO a VALUES (zeroblob(100000))")
    content = bytearray((folder / "a.db").read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 256] = b"\xff" * 256
    (folder / "a.db").write_bytes(content)
    with closing(sqlite3.connect(folder / "a.db")) as db:
        db.execute("SELECT * FROM a").fetchall()


def no_database(folder: Path) -> None:
    (folder / "a.db").write_bytes(b"something else " * 1000)
    with closing(sqlite3.connect(folder / "a.db")) as db:
        db.execute("CREATE TABLE a (b)")


def of_another_program(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "a.db")) as db:
        db.execute("SELECT seq FROM objects")


def gone(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "no" / "a.db")) as db:
        db.execute("CREATE TABLE a (b)")


def removed_while_open(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "a.db", isolation_level=None)) as db:
        db.execute("CREATE TABLE a (b)")
        (folder / "a.db").unlink()
        db.execute("INSERT INTO a VALUES (1)")


def locked(folder: Path) -> None:
    with (
        closing(sqlite3.connect(folder / "a.db", isolation_level=None)) as other,
        closing(sqlite3.connect(folder / "a.db", timeout=0)) as db,
    ):
        other.execute("BEGIN EXCLUSIVE")
        db.execute("CREATE TABLE a (b)")


def read_only(folder: Path) -> None:
    sqlite3.connect(folder / "a.db").close()
    with closing(sqlite3.connect(f"file:{folder / 'a.db'}?mode=ro", uri=True)) as db:
        db.execute("CREATE TABLE a (b)")


@pytest.mark.parametrize(
    ("act", "kind", "words"),
    [
        (full, Blocked, "the disk is full"),
        (damaged, Blocked, "is damaged"),
        (no_database, Blocked, "is no SQLite database"),
        (of_another_program, Blocked, "no such table: objects"),
        (gone, Blocked, "can't be opened"),
        (removed_while_open, Blocked, "is gone"),
        (locked, Transient, "is locked by another program"),
        (read_only, Blocked, "it is read-only"),
    ],
)
def test_what_sqlite_refuses_has_words_and_a_remedy(
    tmp_path: Path, act: Callable[[Path], None], kind: type[SyncError], words: str
) -> None:
    with pytest.raises(sqlite3.Error) as caught:
        act(tmp_path)
    found = explained(caught.value, "the index")
    assert type(found) is kind
    assert "the index" in str(found)
    assert words in str(found)
    assert found is not None
    assert found.hint


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, Blocked, "the disk is full"),
        (errno.EROFS, Blocked, "it is read-only"),
        (errno.EACCES, Blocked, "permission denied"),
        (errno.EIO, Blocked, "the disk fails"),
        (errno.ESTALE, Blocked, "is gone"),
        (errno.ENOTDIR, Blocked, "a part of its path is a file"),
        (errno.EISDIR, Blocked, "is a folder where a file is needed"),
        (errno.EEXIST, Blocked, "is a file where a folder is needed"),
        (errno.EMFILE, Transient, "open files"),
    ],
)
def test_what_the_disk_refuses_names_the_file_and_a_remedy(number: int, kind: type[SyncError], words: str) -> None:
    found = explained(OSError(number, os.strerror(number), "/data/x"))
    assert type(found) is kind
    assert str(found).startswith("/data/x ")
    assert words in str(found)
    assert found is not None
    assert found.hint


def test_an_error_that_says_already_what_to_do_stays_as_it_is() -> None:
    said = Blocked("the token was refused", hint="renew it")
    assert explained(said) is said


@pytest.mark.parametrize("bug", [ValueError("x"), sqlite3.ProgrammingError("x"), OSError("x")])
def test_a_bug_of_ours_is_not_explained_away(bug: Exception) -> None:
    assert explained(bug) is None
