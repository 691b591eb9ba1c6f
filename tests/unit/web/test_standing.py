"""What people are told, decided from all that is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.sync.lifetime import Lifetime
from dvc_sync_s3.sync.pulse import Beat
from dvc_sync_s3.sync.status import State, SyncStatus, iso_ms
from dvc_sync_s3.web.standing import Evidence, Standing, standing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def ago(seconds: float) -> str:
    return iso_ms(NOW - timedelta(seconds=seconds))


WELL = Evidence(
    NOW,
    SyncStatus(State.IDLE, 7),
    ago(300),
    Beat(4711, ago(1), cycle_ended_at=ago(300)),
    Lifetime(ago(3600)),
    None,
    last_seq=7,
    pending=0,
)
DEAD = Lifetime(ago(1), 2, ago(2), ago(5), -9)
"""Killed twice in a row, and started again."""


def told(**changes: object) -> Standing:
    return standing(replace(WELL, **changes))  # type: ignore[arg-type]


def test_a_service_that_is_well_is_told_as_the_worker_tells_it() -> None:
    assert (told().status, told().ready_trouble, told().worker.alive) == (WELL.status, None, True)


def test_trouble_of_the_store_comes_before_all_else() -> None:
    trouble = Blocked("the disk is full", hint="Make room.")
    found = told(store_trouble=trouble, lifetime=DEAD, last_seq=None, pending=None)
    assert (found.status.state, found.status.error, found.status.hint) == (
        State.BLOCKED,
        "the disk is full",
        "Make room.",
    )
    assert found.ready_trouble is trouble


def test_a_store_that_is_locked_for_a_while_is_tried_again() -> None:
    assert told(store_trouble=Transient("locked", hint="wait")).status.state is State.RETRYING


@pytest.mark.parametrize(("silent_s", "state"), [(9, State.IDLE), (11, State.BLOCKED), (3000, State.BLOCKED)])
def test_a_worker_without_a_beat_for_ten_seconds_was_stopped_or_hangs(silent_s: float, state: State) -> None:
    found = told(beat=Beat(4711, ago(silent_s)))
    assert found.status.state is state
    if state is State.BLOCKED:
        assert f"the sync's process 4711 has given no sign of life for {silent_s} s" in (found.status.error or "")
        assert "kill -CONT 4711" in (found.status.hint or "")
        assert found.ready_trouble is not None
        assert not found.worker.alive


def test_a_beat_of_a_time_to_come_is_no_sign_of_life() -> None:
    assert told(beat=Beat(4711, ago(-3600))).status.state is State.BLOCKED


def test_a_step_of_minutes_is_no_hang_and_is_named() -> None:
    beat = Beat(4711, ago(1), "uploading to the DVC remote", ago(900))
    found = told(beat=beat, status=SyncStatus(State.SYNCING, 3))
    assert (found.status.state, found.status.error, found.ready_trouble) == (State.SYNCING, None, None)
    assert "uploading to the DVC remote" in (found.status.reason or "")


def test_a_worker_that_is_just_starting_is_given_a_minute_for_its_first_beat() -> None:
    before = Beat(4000, ago(86400))
    assert told(beat=before, lifetime=Lifetime(ago(30))).ready_trouble is None
    assert told(beat=None, lifetime=Lifetime(ago(30))).ready_trouble is None
    assert told(beat=None, lifetime=Lifetime(ago(61))).ready_trouble is not None


def test_a_worker_that_was_killed_once_is_told_at_once_and_the_service_is_ready() -> None:
    found = told(lifetime=replace(DEAD, deaths=1))
    assert (found.status.state, found.ready_trouble) == (State.RETRYING, None)
    assert "ended, by signal SIGKILL" in (found.status.error or "")
    assert "lack of memory" in (found.status.hint or "")


def test_a_worker_that_dies_at_each_start_makes_the_service_unready_and_needs_a_person_in_the_end() -> None:
    assert told(lifetime=DEAD).ready_trouble is not None
    found = told(lifetime=replace(DEAD, deaths=3, exit_code=1))
    assert found.status.state is State.BLOCKED
    assert "ended 3 times in a row, with exit code 1" in (found.status.error or "")
    assert (found.worker.deaths, found.worker.exit_code, found.worker.alive) == (3, 1, False)


def test_a_worker_that_said_why_it_ended_is_believed() -> None:
    said = SyncStatus(State.BLOCKED, 7, error="the ledger is damaged", hint="Restore it.")
    found = told(lifetime=replace(DEAD, exit_code=1), status=said, told_at=ago(3))
    assert (found.status.error, found.status.hint) == ("the ledger is damaged", "Restore it.")
    assert found.ready_trouble is not None


def test_what_it_said_in_an_earlier_life_says_nothing_of_this_death() -> None:
    said = SyncStatus(State.RETRYING, 7, error="no route", hint="Wait.")
    assert "SIGKILL" in (told(lifetime=DEAD, status=said, told_at=ago(60)).status.error or "")


def test_a_death_is_over_once_a_cycle_ended_after_it() -> None:
    found = told(lifetime=DEAD, beat=Beat(4712, ago(0), cycle_ended_at=ago(1)))
    assert (found.status.state, found.ready_trouble, found.worker.alive) == (State.IDLE, None, True)


def test_before_the_branch_was_read_nothing_is_idle() -> None:
    assert told(status=SyncStatus(State.IDLE, 0), told_at=None).status.state is State.SYNCING
    assert told(status=SyncStatus(State.IDLE), pending=None).status.state is State.SYNCING


def test_a_change_that_waits_is_never_idle() -> None:
    assert told(last_seq=8, pending=1).status.state is State.WAITING
