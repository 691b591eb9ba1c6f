"""Which objects are told as left behind, from what the ledger was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dataset.selection import Selection
from dvc_sync_s3.sync.claims import warnings
from dvc_sync_s3.sync.finding import Finding
from dvc_sync_s3.sync.ledger import FILE_NAME, Ledger

Told = Callable[[], list[str]]


def holds(key: str, seq: int, *numbers: int, task: int = 84) -> Finding:
    digests = tuple((number, f"digest of {number}") for number in numbers)
    return Finding("b", key, seq, False, None, RecordId(4, task), "task", digests)


def gone(key: str, seq: int) -> Finding:
    return Finding("b", key, seq, True, None, None, None, ())


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    kept = Ledger(tmp_path)
    kept.covered([holds("old/86", 1, 86), holds("new/86", 2, 86)], 2)
    yield kept
    kept.close()


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Return the names of the objects that are told."""
    return lambda: [each.what.partition(" ")[0] for each in warnings(tmp_path / FILE_NAME, 20)]


def test_the_object_that_was_put_before_the_deletion_is_told(ledger: Ledger, told: Told) -> None:
    ledger.covered([gone("new/86", 3)], 3)
    assert told() == ["b/old/86"]


def test_nothing_is_told_when_both_go_in_one_bundle(ledger: Ledger, told: Told) -> None:
    ledger.covered([gone("new/86", 3), gone("old/86", 4)], 4)
    assert told() == []


def test_nothing_is_told_of_what_the_settings_let_go(ledger: Ledger, told: Told) -> None:
    ledger.select(Selection(("b/old/",)))
    ledger.covered([holds("old/86", 1, 86), gone("new/86", 2)], 2)
    assert told() == []


def test_looking_at_objects_again_forgets_no_warning(ledger: Ledger, told: Told) -> None:
    ledger.covered([gone("new/86", 3)], 3)
    ledger.select(Selection(("b",)))
    ledger.covered([holds("old/86", 1, 86), gone("new/86", 3)], 3)
    assert told() == ["b/old/86"]


def test_an_object_that_is_put_again_while_others_are_looked_at_is_told_no_more(ledger: Ledger, told: Told) -> None:
    ledger.covered([gone("new/86", 3)], 3)
    ledger.select(Selection(("b",)))
    ledger.covered([holds("old/86", 4, 86), gone("new/86", 3)], 4)
    assert told() == []


def test_a_deletion_that_the_branch_lost_is_told_when_it_is_synced_again(ledger: Ledger, told: Told) -> None:
    ledger.covered([gone("new/86", 3)], 3)
    ledger.rewind(2)
    assert told() == []
    ledger.covered([gone("new/86", 3)], 3)
    assert told() == ["b/old/86"]


def test_an_overruled_object_stays_so_when_it_is_looked_at_again(ledger: Ledger, told: Told) -> None:
    ledger.covered([holds("91.json", 3, 86, task=91)], 3)
    ledger.covered([gone("91.json", 4)], 4)
    assert sorted(told()) == ["b/new/86", "b/old/86"]
    again = [holds("old/86", 1, 86), holds("new/86", 2, 86)]
    ledger.covered(again, 4)
    assert {name for name, _ in ledger.known(again).overruled} == {("b", "old/86"), ("b", "new/86")}


def test_before_the_first_start_nothing_is_told(tmp_path: Path) -> None:
    assert warnings(tmp_path / "nowhere" / FILE_NAME, 20) == ()
