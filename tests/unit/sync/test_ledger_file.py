"""A ledger's file that is damaged, or is something else, is kept under another name and made anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.store.history import History, Start
from dvc_sync_s3.sync.ledger import FILE_NAME, FORMAT, Ledger
from dvc_sync_s3.sync.ledger_file import find_damage, open_ledger
from dvc_sync_s3.sync.lineage import common
from tests.unit.sync.test_ledger import finding

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
INDEX, FIRST, SECOND = Start(-1, "index"), Start(0, "first"), Start(5, "second")


class FakeIndex:
    """An index that nobody restores."""

    def history(self) -> History:
        return History((INDEX, FIRST), 5)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def rubbish(path: Path) -> None:
    path.write_bytes(b"no database\n" * 4096)


def spoilt_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)


def of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE recipes (name)")


def without_its_format(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 0")


def without_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE left_behind")


def without_a_column(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE annotations DROP COLUMN digest")


DAMAGES = [empty, cut, rubbish, spoilt_page, of_another_program, without_its_format, without_a_table, without_a_column]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a ledger that knows of an annotation."""
    with closing(Ledger(tmp_path, FakeIndex())) as ledger:
        ledger.covered([finding("86", 5, (86, "x"))], 5)
    return tmp_path


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_ledger_is_set_aside_told_and_begun_anew(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder / FILE_NAME)
    content = (folder / FILE_NAME).read_bytes()
    with capture_logs() as told, closing(open_ledger(folder, FakeIndex(), NOW)) as ledger:
        assert (ledger.synced_seq, ledger.instance) == (0, "index")
    kept = folder / "sync.db.damaged-20261201T093000Z"
    assert kept.read_bytes() == content
    assert [(line["event"], line["kept"]) for line in told] == [
        ("the ledger was damaged; it is made anew from branch and store", str(kept))
    ]


def test_a_sound_ledger_is_opened_as_it_is(folder: Path) -> None:
    with capture_logs() as told, closing(open_ledger(folder, FakeIndex(), NOW)) as ledger:
        assert ledger.synced_seq == 5
    assert (told, find_damage(folder)) == ([], None)


def test_a_ledger_of_a_newer_format_is_refused_and_left_as_it_is(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
        db.execute("DROP TABLE left_behind")
    before = (folder / FILE_NAME).read_bytes()
    with pytest.raises(Blocked, match=f"format {FORMAT + 1}, this version of the service knows {FORMAT}"):
        open_ledger(folder, FakeIndex(), NOW)
    assert (folder / FILE_NAME).read_bytes() == before
    assert list(folder.glob("*.damaged-*")) == []


@pytest.mark.parametrize(
    ("known", "there", "last_seq", "end", "expected"),
    [
        pytest.param((INDEX, FIRST), (INDEX, FIRST), 9, 7, (7, 7), id="the same"),
        pytest.param((INDEX, FIRST), (INDEX, FIRST, SECOND), 9, 5, (5, 5), id="started again"),
        pytest.param((INDEX, FIRST), (INDEX, FIRST, SECOND), 9, 7, (5, 5), id="restored and gone on"),
        pytest.param((INDEX, FIRST), (INDEX, FIRST), 5, 7, (5, 5), id="restored and not started"),
        pytest.param((INDEX, FIRST, SECOND), (INDEX, FIRST, Start(3, "x")), 9, 7, (3, 3), id="restored twice"),
        pytest.param((INDEX, FIRST), (INDEX, FIRST, Start(9, "x")), 9, 7, (7, 9), id="the ledger is older"),
        pytest.param((INDEX, FIRST), (INDEX, Start(0, "x")), 0, 0, (0, 0), id="nothing was ever saved"),
        pytest.param((INDEX, FIRST), (Start(-1, "other"), Start(4, "x")), 9, 7, (0, 4), id="another index"),
    ],
)
def test_what_ledger_and_index_have_in_common_is_told_from_their_starts(
    known: tuple[Start, ...], there: tuple[Start, ...], last_seq: int, end: int, expected: tuple[int, int]
) -> None:
    found = common(known, History(there, last_seq), end)
    assert (found.seq, found.older) == expected
