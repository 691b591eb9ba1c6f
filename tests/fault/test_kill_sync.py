"""Promise 4: a worker killed at any moment repeats nothing and loses nothing."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from dvc_sync_s3.sync.cycle import Step
from tests.e2e.servers.waiting import wait_until
from tests.fault.sync_runs import BEFORE, TIMEOUT_S, At, Choices, Command, Service, die, ignore
from tests.fault.team import git

FIRST: Choices = {"1": "neg", "2": None, "4": "pos"}
AFTER_FIRST: Choices = {"1": "neg", "3": "pos", "4": "pos"}
MEANWHILE: Choices = {"4": None, "1": "neutral", "5": "pos"}
AFTER_ALL: Choices = {"1": "neutral", "3": "pos", "5": "pos"}
MOMENTS = [*((step, 1) for step in Step), (Step.REFRESHED, 2), (Step.SETTLED, 2)]
"""Every step of a cycle; it refreshes and settles again after its push."""

moments = pytest.mark.parametrize(("step", "time"), MOMENTS, ids=[f"{step} {time}" for step, time in MOMENTS])


@moments
def test_a_first_sync_killed_at_any_step_is_made_up_for(new_service: Service, step: Step, time: int) -> None:
    new_service.write(BEFORE)
    new_service.sync_until_killed(At(step, die, time))
    new_service.sync(BEFORE)
    assert len(new_service.team.commits()) == 2


@moments
def test_a_sync_killed_at_any_step_is_made_up_for_once(service: Service, step: Step, time: int) -> None:
    service.write(FIRST)
    service.sync_until_killed(At(step, die, time))
    service.sync(AFTER_FIRST)
    assert len(service.team.commits()) == 3


@moments
def test_what_changed_after_a_kill_at_any_step_arrives_too(service: Service, step: Step, time: int) -> None:
    service.write(FIRST)
    service.sync_until_killed(At(step, die, time))
    service.write(MEANWHILE)
    service.sync(AFTER_ALL)


@pytest.mark.parametrize("whom", ["", "-"], ids=["the worker", "its whole group"])
@pytest.mark.parametrize("meanwhile", [{}, MEANWHILE], ids=["nothing", "more changes"])
def test_a_push_whose_answer_nobody_heard_counts(service: Service, whom: str, meanwhile: Choices) -> None:
    add_hook(service, "post-receive", f"kill -9 {whom}$(cat {service.pid_file})")
    service.write(FIRST)
    service.sync_until_killed(ignore)  # by the hook
    service.write(meanwhile)
    service.sync(AFTER_ALL if meanwhile else AFTER_FIRST)
    assert len(service.team.commits()) == (4 if meanwhile else 3)


@dataclass(frozen=True, slots=True)
class LetLand:
    """Let the push that waits at the server land, and wait until it has."""

    gate: Path
    bare: Path
    tip: str

    def __call__(self) -> None:
        self.gate.write_text("go")
        wait_until(lambda: git(self.bare, "rev-parse", "main") != self.tip, what="landed", timeout_s=TIMEOUT_S)


@pytest.mark.parametrize("step", [Step.REFRESHED, Step.SETTLED, Step.COMMITTED, Step.WRITTEN_DOWN])
@pytest.mark.parametrize("meanwhile", [{}, MEANWHILE], ids=["nothing", "more changes"])
def test_a_push_that_lands_long_after_its_worker_was_killed_counts(
    service: Service, step: Step, meanwhile: Choices
) -> None:
    gate = service.folder / "gate"
    os.mkfifo(gate)
    add_hook(service, "pre-receive", f"kill -9 $(cat {service.pid_file}); cat {gate}")
    service.write(FIRST)
    service.sync_until_killed(ignore)  # by the hook
    service.write(meanwhile)
    landing = At(step, LetLand(gate, service.team.bare, service.team.head()))
    service.sync(AFTER_ALL if meanwhile else AFTER_FIRST, landing)
    assert len(service.team.commits()) == (4 if meanwhile else 3)


@pytest.mark.parametrize("step", list(Step)[:-2])
def test_a_members_push_at_any_step_before_ours_stays_and_ours_follows(service: Service, step: Step) -> None:
    push_theirs = Command(service.team.prepare_push(service.team.with_task(1000)))
    service.write(FIRST)
    service.sync({**AFTER_FIRST, "1000": "theirs"}, At(step, push_theirs))
    assert len(service.team.commits()) == 4


def test_a_worker_killed_when_its_push_was_outrun_is_made_up_for(service: Service) -> None:
    push_theirs = Command(service.team.prepare_push(service.team.with_task(1000)))
    service.write(FIRST)
    service.sync_until_killed(At(Step.WRITTEN_DOWN, Both(push_theirs)))
    service.write(MEANWHILE)
    service.sync({**AFTER_ALL, "1000": "theirs"})


@dataclass(frozen=True, slots=True)
class Both:
    """Run a command and die."""

    command: Command

    def __call__(self) -> None:
        self.command()
        die()


def add_hook(service: Service, name: str, commands: str) -> None:
    """Have the server run commands at the next push, and not again."""
    hook = service.team.bare / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nrm "$0"\n{commands}\n')
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
