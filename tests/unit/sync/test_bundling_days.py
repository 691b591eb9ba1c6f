"""Days of annotating: how many commits they make, and how late each annotation is on the branch."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.unit.sync.days import EVERY_20_S, HOUR_S, Day, every

LONGEST_S = 600.0
WORKDAY = every(EVERY_20_S, 5, 8 * HOUR_S)


def shape(*parts: Iterable[float]) -> list[float]:
    return [at for part in parts for at in part]


@pytest.mark.parametrize("cycle_s", [0.1, 1.0, 30.0])
def test_an_annotation_every_20_s_makes_at_most_70_commits_in_8_hours(tmp_path: Path, cycle_s: float) -> None:
    day = Day(tmp_path, WORKDAY, cycle_s)
    day.run(9 * HOUR_S)
    assert len(day.commits_s) <= 70
    assert max(day.delays_s()) <= LONGEST_S + 2 * cycle_s + day.poll_s


@pytest.mark.parametrize("interval_s", [1.0, 7.0, 20.0, 45.0, 60.0, 90.0, 150.0, 300.0, 450.0])
def test_any_steady_pace_makes_at_most_70_commits_in_8_hours(tmp_path: Path, interval_s: float) -> None:
    day = Day(tmp_path, every(interval_s, 5, 8 * HOUR_S))
    day.run(9 * HOUR_S)
    assert len(day.commits_s) <= 70
    assert max(day.delays_s()) <= LONGEST_S + 3


def test_the_first_annotation_after_an_hour_of_quiet_is_on_the_branch_within_15_s(tmp_path: Path) -> None:
    again_s = WORKDAY[-1] + HOUR_S
    day = Day(tmp_path, [*WORKDAY, again_s])
    day.run(again_s + HOUR_S)
    assert day.delays_s()[-1] <= 15


def test_the_first_annotation_of_the_day_is_on_the_branch_within_5_s(tmp_path: Path) -> None:
    day = Day(tmp_path, WORKDAY)
    day.run(9 * HOUR_S)
    assert day.delays_s()[0] <= 5


@pytest.mark.parametrize("minutes", range(1, 90, 8))
def test_the_last_annotation_before_a_break_never_waits_longer_than_ten_minutes(tmp_path: Path, minutes: int) -> None:
    day = Day(tmp_path, every(EVERY_20_S, 5, minutes * 60))
    day.run(4 * HOUR_S)
    assert day.delays_s()[-1] <= LONGEST_S + 3


def test_an_import_is_synced_beside_it_in_no_more_commits(tmp_path: Path) -> None:
    day = Day(tmp_path, every(0.001, 5, 65))
    day.run(HOUR_S)
    assert [round((at_s - 5) / 10) for at_s in day.commits_s] == [1, 2, 3, 4, 5, 6]


def test_a_restarted_worker_knows_how_busy_the_day_is(tmp_path: Path) -> None:
    day = Day(tmp_path, WORKDAY)
    for hour in range(1, 17):  # every half hour
        day.run(hour * HOUR_S / 2)
    day.run(9 * HOUR_S)
    assert len(day.commits_s) <= 70 + 16  # a start syncs what waits, to learn how far the branch is


def test_bursts_with_breaks_are_each_committed_at_once(tmp_path: Path) -> None:
    bursts = [every(1.0, number * HOUR_S + 5, number * HOUR_S + 65) for number in range(8)]
    day = Day(tmp_path, shape(*bursts))
    day.run(9 * HOUR_S)
    firsts = day.delays_s()[::60]
    assert max(firsts) <= 15
    assert len(day.commits_s) <= 70


@pytest.mark.parametrize("interval_s", [1.0, 5.0, 14.0, 60.0])
def test_each_of_the_first_changes_is_on_the_branch_within_15_s(tmp_path: Path, interval_s: float) -> None:
    day = Day(tmp_path, every(interval_s, 5, 5 + 10 * interval_s))
    day.run(HOUR_S)
    assert max(day.delays_s()) <= 15


def test_a_small_team_that_saves_every_ten_minutes_waits_for_no_change_longer_than_15_s(tmp_path: Path) -> None:
    day = Day(tmp_path, every(600.0, 5, 8 * HOUR_S))
    day.run(9 * HOUR_S)
    assert max(day.delays_s()) <= 15


def test_a_sync_of_ten_thousand_makes_few_commits_and_the_next_hour_is_quick_again(tmp_path: Path) -> None:
    whole_project = every(0.01, 5, 105)
    again_s = whole_project[-1] + HOUR_S
    day = Day(tmp_path, [*whole_project, again_s], cycle_s=3.0)
    day.run(again_s + HOUR_S)
    assert len(day.commits_s) <= 12
    assert day.delays_s()[-1] <= 15


def test_what_piled_up_while_the_team_was_away_is_synced_bundle_by_bundle(tmp_path: Path) -> None:
    day = Day(tmp_path, every(0.001, 1, 101), cycle_s=5.0)
    day.run(2 * HOUR_S)
    assert len(day.commits_s) <= 13
    assert max(day.delays_s()) <= LONGEST_S + day.cycle_s + day.poll_s
