"""When the waiting changes become a commit."""

from datetime import UTC, datetime, timedelta

import pytest

from dvc_sync_s3.store.model import Waiting
from dvc_sync_s3.sync.bundle import MOST_CHANGES, BundleRules, wait_s

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def waiting(count: int, first_s: float, last_s: float) -> Waiting:
    return Waiting(count, count, NOW - timedelta(seconds=first_s), NOW - timedelta(seconds=last_s))


def test_nothing_waiting_never_closes() -> None:
    assert wait_s(BundleRules(), Waiting(0, 0, None, None), NOW, 0) is None


def test_a_bundle_closes_when_nothing_changed_for_the_quiet_time() -> None:
    rules = BundleRules(quiet_s=5, max_s=100)
    assert wait_s(rules, waiting(1, 4, 4), NOW, 0) == 1
    assert wait_s(rules, waiting(1, 5, 5), NOW, 0) == 0


def test_a_bundle_closes_at_its_longest_age_though_changes_keep_coming() -> None:
    rules = BundleRules(quiet_s=5, max_s=30)
    assert wait_s(rules, waiting(9, 28, 0), NOW, 0) == 2
    assert wait_s(rules, waiting(9, 31, 0), NOW, 0) == 0


def test_a_bundle_closes_when_the_countdown_is_reached() -> None:
    rules = BundleRules(quiet_s=50, max_s=500, countdown=3)
    assert wait_s(rules, waiting(2, 0, 0), NOW, 0) == 50
    assert wait_s(rules, waiting(3, 0, 0), NOW, 0) == 0


def test_a_bundle_closes_when_it_holds_all_that_a_cycle_takes() -> None:
    rules = BundleRules(quiet_s=50, max_s=500)
    assert wait_s(rules, waiting(MOST_CHANGES - 1, 1, 0), NOW, 0) == 50
    assert wait_s(rules, waiting(MOST_CHANGES, 1, 0), NOW, 0) == 0


def test_the_last_changes_never_wait_for_a_countdown() -> None:
    assert wait_s(BundleRules(quiet_s=5, countdown=10), waiting(1, 6, 6), NOW, 0) == 0


def test_without_settings_the_first_change_waits_two_seconds_and_later_ones_longer() -> None:
    waits = [wait_s(BundleRules(), waiting(1, 0, 0), NOW, recent_commits=commits) for commits in (0, 1, 2, 3)]
    assert waits == [2, 6, 18, 54]


@pytest.mark.parametrize("commits", range(20))
def test_without_settings_no_change_waits_longer_than_ten_minutes(commits: int) -> None:
    assert wait_s(BundleRules(), waiting(1, 600, 0), NOW, commits) == 0


def test_the_quiet_of_a_setting_gives_the_longest_age_too() -> None:
    assert wait_s(BundleRules(quiet_s=100), waiting(9, 950, 0), NOW, 10_000) == 50


def test_a_clock_set_back_closes_the_bundle_rather_than_waiting_for_it() -> None:
    assert wait_s(BundleRules(quiet_s=5, max_s=30), waiting(1, -3600, -3600), NOW, 0) == 0
