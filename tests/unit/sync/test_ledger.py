"""What the ledger remembers, and what becomes of earlier pushes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dvc_sync_s3.dataset.files import FileContent
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.git.model import Tip
from dvc_sync_s3.sync.attempt import Attempt
from dvc_sync_s3.sync.finding import Finding, KnownFile
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.settle import settle
from dvc_sync_s3.sync.skipped import SkippedObject, newest_skipped

TASK = RecordId(4, 84)


class FakeBranch:
    """A branch that contains commits and carries a position for every instance."""

    def __init__(self, position: int | None, *commits: str) -> None:
        self._position = position
        self._commits = commits

    def position(self, instance: str) -> int | None:
        return self._position

    def contains(self, commit: str) -> bool:
        return commit in self._commits


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    kept = Ledger(tmp_path)
    yield kept
    kept.close()


def finding(key: str, seq: int, *digests: tuple[int, str]) -> Finding:
    return Finding("b", key, seq, False, None, TASK, "task-1", digests)


def gone(key: str, seq: int) -> Finding:
    return Finding("b", key, seq, True, None, None, None, ())


def skipped(key: str, seq: int) -> Finding:
    return Finding("b", key, seq, False, "a picture", None, None, ())


def attempt(commit: str, parent: str, seq: int, *findings: Finding) -> Attempt:
    return Attempt(commit, parent, seq, seq, findings, frozenset({TASK}))


def test_a_push_that_landed_makes_its_findings_true(ledger: Ledger) -> None:
    ledger.begin(attempt("c1", "p", 5, finding("86", 5, (86, "x"))))
    assert settle(Tip("c1"), FakeBranch(5, "p", "c1"), ledger) == 5
    known = ledger.known([gone("86", 6)])
    assert known.held == {("b", "86"): {(TASK, 86)}}
    assert known.digests == {(TASK, 86): "x"}
    assert known.tasks[TASK].is_added


def test_a_push_that_landed_is_known_by_its_position_after_someone_rewrote_it(ledger: Ledger) -> None:
    ledger.begin(attempt("c1", "p", 5, finding("86", 5, (86, "x"))))
    assert settle(Tip("squashed"), FakeBranch(5, "squashed"), ledger) == 5
    assert ledger.known([gone("86", 6)]).digests == {(TASK, 86): "x"}


def test_a_push_that_did_not_land_teaches_no_digest(ledger: Ledger) -> None:
    ledger.begin(attempt("c1", "p", 5, finding("86", 5, (86, "x"))))
    assert settle(Tip("other"), FakeBranch(None, "p", "other"), ledger) == 0
    assert ledger.attempts() == []
    assert ledger.known([gone("86", 6)]).digests == {}


def test_while_a_push_can_still_land_its_object_is_taken_to_hold_what_it_pushed(ledger: Ledger) -> None:
    ledger.begin(attempt("c1", "p", 5, finding("86", 5, (86, "x"))))
    assert settle(Tip("p"), FakeBranch(None, "p"), ledger) == 0
    known = ledger.known([gone("86", 6)])
    assert known.held == {("b", "86"): {(TASK, 86)}}
    assert known.digests == {}


def test_of_two_attempts_on_one_tip_only_one_lands(ledger: Ledger) -> None:
    ledger.begin(attempt("c1", "p", 5, finding("86", 5, (86, "x"))))
    ledger.begin(attempt("c2", "p", 7, finding("86", 7, (86, "y"))))
    assert settle(Tip("c1"), FakeBranch(5, "p", "c1"), ledger) == 5
    assert ledger.attempts() == []
    assert ledger.known([gone("86", 8)]).digests == {(TASK, 86): "x"}


def test_attempts_survive_a_restart(ledger: Ledger, tmp_path: Path) -> None:
    made = attempt("c1", "p", 5, finding("86", 5, (86, "x")), skipped("a.png", 4), gone("9", 3))
    ledger.begin(made)
    ledger.close()
    reopened = Ledger(tmp_path)
    assert reopened.attempts() == [made]
    reopened.close()


def test_a_branch_set_back_is_not_trusted_to_hold_what_came_after(ledger: Ledger) -> None:
    ledger.begin(attempt("c1", "p", 5, finding("86", 5, (86, "x"))))
    settle(Tip("c1"), FakeBranch(5, "c1"), ledger)
    ledger.begin(attempt("c2", "c1", 9, finding("87", 9, (87, "y"))))
    settle(Tip("c2"), FakeBranch(9, "c1", "c2"), ledger)
    assert settle(Tip("c1"), FakeBranch(5, "c1"), ledger) == 5
    known = ledger.known([gone("86", 10), gone("87", 11)])
    assert known.digests == {(TASK, 86): "x", (TASK, 87): None}
    assert known.held[("b", "87")] == {(TASK, 87)}


def test_a_branch_ahead_of_the_ledger_makes_it_begin_anew_under_another_name(ledger: Ledger) -> None:
    before = ledger.instance
    assert settle(Tip("c9"), FakeBranch(120, "c9"), ledger) == 0
    assert ledger.instance != before


def test_a_bundle_that_changed_nothing_counts_as_synced(ledger: Ledger) -> None:
    ledger.covered([skipped("a.png", 3)], 3)
    assert ledger.synced_seq == 3


def test_skipped_objects_are_listed_with_the_reason_newest_first(ledger: Ledger, tmp_path: Path) -> None:
    ledger.covered([skipped("a.png", 3), skipped("b.png", 4), finding("86", 5, (86, "x"))], 5)
    assert ledger.count_skipped() == 2
    assert [one.key for one in newest_skipped(tmp_path, 10)] == ["b.png", "a.png"]
    assert newest_skipped(tmp_path, 1) == (SkippedObject("b", "b.png", "a picture", kept=0),)


def test_before_the_first_sync_nothing_is_skipped(tmp_path: Path) -> None:
    assert newest_skipped(tmp_path, 10) == ()


def test_a_skipped_object_that_goes_is_no_longer_counted(ledger: Ledger) -> None:
    ledger.covered([skipped("a.png", 3)], 3)
    ledger.covered([gone("a.png", 4)], 4)
    assert ledger.count_skipped() == 0


def test_an_object_that_cannot_be_read_any_more_still_holds_what_it_held(ledger: Ledger, tmp_path: Path) -> None:
    ledger.covered([finding("86", 1, (86, "x"))], 1)
    ledger.covered([skipped("86", 2)], 2)
    known = ledger.known([gone("86", 3)])
    assert known.held == {("b", "86"): {(TASK, 86)}}
    assert known.digests == {(TASK, 86): "x"}
    assert newest_skipped(tmp_path, 10) == (SkippedObject("b", "86", "a picture", kept=1),)


def test_an_object_of_which_a_part_cannot_be_read_holds_what_it_held_and_what_it_says(ledger: Ledger) -> None:
    ledger.covered([finding("84.json", 1, (1, "x"), (2, "y"))], 1)
    ledger.covered([replace(finding("84.json", 2, (2, "y"), (3, "z")), skipped="one is null")], 2)
    assert ledger.known([gone("84.json", 3)]).held == {("b", "84.json"): {(TASK, 1), (TASK, 2), (TASK, 3)}}


def test_an_unreadable_object_that_is_deleted_lets_go_of_what_it_held(ledger: Ledger) -> None:
    ledger.covered([finding("86", 1, (86, "x"))], 1)
    ledger.covered([skipped("86", 2)], 2)
    ledger.covered([gone("86", 3)], 3)
    assert ledger.known([gone("86", 4)]).held == {("b", "86"): set()}
    assert ledger.known([finding("86", 4, (86, "x"))]).digests == {}


def test_a_file_whose_object_is_set_aside_stays_as_it_was_synced(ledger: Ledger) -> None:
    content = FileContent("a" * 32, 3)
    ledger.covered([Finding("b", "a.png", 1, False, None, None, None, (), content)], 1)
    ledger.covered([skipped("a.png", 2)], 2)
    assert ledger.files([("b", "a.png")]) == {("b", "a.png"): KnownFile(content)}


def test_an_annotation_is_forgotten_with_its_last_holder(ledger: Ledger) -> None:
    ledger.covered([finding("one/86", 1, (86, "x")), finding("two/86", 2, (86, "x"))], 2)
    ledger.covered([gone("one/86", 3)], 3)
    assert ledger.known([gone("two/86", 4)]).digests == {(TASK, 86): "x"}
    ledger.covered([gone("two/86", 4)], 4)
    assert ledger.known([finding("86", 5, (86, "x"))]).digests == {}


def test_that_a_record_came_through_us_is_not_forgotten_by_a_later_change(ledger: Ledger) -> None:
    ledger.begin(attempt("c1", "p", 5, finding("86", 5, (86, "x"))))
    settle(Tip("c1"), FakeBranch(5, "c1"), ledger)
    ledger.covered([finding("86", 6, (86, "x"))], 6)
    assert ledger.known([gone("86", 7)]).tasks[TASK].is_added
