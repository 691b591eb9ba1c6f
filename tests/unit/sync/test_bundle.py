"""When the waiting changes become a commit."""

from datetime import UTC, datetime, timedelta

import pytest

from dvc_sync_s3.store.model import Waiting
from dvc_sync_s3.sync.bundle import BURST, MOST_CHANGES, REFILL, BundleRules, next_commit, spent

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
EMPTY = NOW + BURST * REFILL
"""When a budget is full again that was used up just now."""


def waiting(count: int, first_s: float, last_s: float) -> Waiting:
    return Waiting(count, count, NOW - timedelta(seconds=first_s), NOW - timedelta(seconds=last_s))


def due_s(rules: BundleRules, waits: Waiting, full_at: datetime | None = None) -> float:
    """Return in how many seconds a commit is due, 0 if it is now."""
    due = next_commit(rules, waits, NOW, full_at)
    assert due is not None
    return max(0.0, (due.at - NOW).total_seconds())


def test_nothing_waiting_never_closes() -> None:
    assert next_commit(BundleRules(), Waiting(0, 0, None, None), NOW, None) is None


def test_a_bundle_closes_when_nothing_changed_for_the_quiet_time() -> None:
    rules = BundleRules(quiet_s=5, max_s=100)
    assert due_s(rules, waiting(1, 4, 4)) == 1
    assert due_s(rules, waiting(1, 5, 5)) == 0


def test_a_bundle_closes_at_its_longest_age_though_changes_keep_coming() -> None:
    rules = BundleRules(quiet_s=5, max_s=30)
    assert due_s(rules, waiting(9, 28, 0)) == 2
    assert due_s(rules, waiting(9, 31, 0)) == 0


def test_a_bundle_closes_when_the_countdown_is_reached() -> None:
    rules = BundleRules(quiet_s=50, max_s=500, countdown=3)
    assert due_s(rules, waiting(2, 0, 0)) == 50
    assert due_s(rules, waiting(3, 0, 0)) == 0
    assert due_s(BundleRules(countdown=3), waiting(3, 0, 0), EMPTY) == 0


def test_a_bundle_closes_when_it_holds_all_that_a_cycle_takes() -> None:
    rules = BundleRules(quiet_s=50, max_s=500)
    assert due_s(rules, waiting(MOST_CHANGES - 1, 1, 0)) == 50
    assert due_s(rules, waiting(MOST_CHANGES, 1, 0)) == 0
    assert due_s(BundleRules(), waiting(MOST_CHANGES, 1, 0), EMPTY) == 0


def test_the_last_changes_never_wait_for_a_countdown() -> None:
    assert due_s(BundleRules(quiet_s=5, countdown=10), waiting(1, 6, 6)) == 0


def test_without_settings_ten_commits_may_follow_each_other_at_once() -> None:
    full_at = None
    for _ in range(10):
        assert due_s(BundleRules(), waiting(1, 0, 0), full_at) == 2
        full_at = spent(full_at, NOW)
    assert due_s(BundleRules(), waiting(1, 0, 0), full_at) == REFILL.total_seconds()


def test_with_a_budget_left_changes_that_keep_coming_put_a_commit_off_by_no_more_than_ten_seconds() -> None:
    assert due_s(BundleRules(), waiting(9, 9, 0)) == 1
    assert due_s(BundleRules(), waiting(9, 10, 0)) == 0


@pytest.mark.parametrize("years", [0, 1])
def test_no_change_waits_longer_than_ten_minutes_for_the_budget_even_if_the_clock_was_set_back(years: int) -> None:
    assert due_s(BundleRules(), waiting(1, 0, 0), EMPTY + timedelta(days=365 * years)) < 600


def test_commits_that_were_asked_for_never_make_a_debt_beyond_the_budget() -> None:
    full_at = None
    for _ in range(100):
        full_at = spent(full_at, NOW)
    assert full_at == EMPTY


def test_the_quiet_of_a_setting_gives_the_longest_age_too_and_knows_no_budget() -> None:
    assert due_s(BundleRules(quiet_s=100), waiting(9, 950, 0), EMPTY) == 50


def test_the_longest_age_of_a_setting_stands_above_the_budget() -> None:
    assert due_s(BundleRules(max_s=30), waiting(9, 20, 0), EMPTY) == 10
    assert due_s(BundleRules(max_s=30), waiting(9, 20, 0)) == 2


def test_a_clock_set_back_closes_the_bundle_rather_than_waiting_for_it() -> None:
    assert due_s(BundleRules(quiet_s=5, max_s=30), waiting(1, -3600, -3600)) == 0


def test_what_is_said_of_the_wait_has_its_cause() -> None:
    collecting, used_up = (next_commit(BundleRules(), waiting(1, 0, 0), NOW, full_at) for full_at in (None, EMPTY))
    assert collecting is not None
    assert "nothing has changed for 2 s, 10 s after the first change" in collecting.reason
    assert used_up is not None
    assert "one commit every 8 min 20 s" in used_up.reason
