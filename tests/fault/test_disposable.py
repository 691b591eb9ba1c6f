"""Promises 4 and 5: what stands beside the store may be damaged, deleted or set back."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fault.sync_runs import BEFORE, Choices, Service

NEXT: Choices = {"1": "neg", "2": None, "4": "pos"}
AFTER_NEXT: Choices = {"1": "neg", "3": "pos", "4": "pos"}
CLONE_PARTS = [
    "**/*",
    ".git/config",
    ".git/objects/**/*",
    ".git/objects/pack/*.pack",
    ".git/refs/**/*",
    ".dvc/**/*",
]


def delete(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.chmod(stat.S_IREAD | stat.S_IWRITE)
    os.truncate(path, 0)


def halve(path: Path) -> None:
    path.chmod(stat.S_IREAD | stat.S_IWRITE)
    os.truncate(path, path.stat().st_size // 2)


def spoil(path: Path) -> None:
    path.chmod(stat.S_IREAD | stat.S_IWRITE)
    path.write_bytes(b"\0" * path.stat().st_size)


def remove_ledger(service: Service) -> None:
    for path in service.hidden.glob("sync.db*"):
        path.unlink()


@pytest.mark.parametrize("damage", [delete, empty, halve, spoil])
@pytest.mark.parametrize("part", CLONE_PARTS)
def test_a_damaged_clone_or_cache_is_made_anew(service: Service, part: str, damage: Callable[[Path], None]) -> None:
    damaged = [path for path in service.clone.glob(part) if path.is_file()]
    for path in damaged:
        damage(path)
    service.write(NEXT)
    service.sync(AFTER_NEXT)
    assert damaged
    assert len(service.team.commits()) == 3


def test_a_deleted_clone_is_made_anew(service: Service) -> None:
    shutil.rmtree(service.clone)
    service.write(NEXT)
    service.sync(AFTER_NEXT)


def test_a_clone_deleted_while_the_worker_runs_is_made_anew(service: Service) -> None:
    with service.worker():
        service.write({"4": "pos"})
        service.wait_for({**BEFORE, "4": "pos"})
        shutil.rmtree(service.clone)
        service.write(NEXT)
        service.wait_for(AFTER_NEXT)
    service.check()


def test_a_lost_ledger_loses_no_annotation_and_repeats_no_commit(service: Service) -> None:
    remove_ledger(service)
    commits = service.team.commits()
    service.sync(BEFORE)
    assert service.team.commits() == commits
    service.write({"4": "pos", "1": "neg"})
    service.sync({**BEFORE, "4": "pos", "1": "neg"})


def test_a_data_folder_restored_from_an_older_copy_loses_nothing_that_came_later(service: Service) -> None:
    older = shutil.copytree(service.data, service.folder / "older")
    service.write({"4": "pos", "5": "neg"})
    service.sync({**BEFORE, "4": "pos", "5": "neg"})
    shutil.rmtree(service.data)
    older.rename(service.data)
    service.write({"6": "pos", "7": "pos", "8": "pos"})
    service.sync({**BEFORE, "4": "pos", "5": "neg", "6": "pos", "7": "pos", "8": "pos"})
    assert len({instance for instance, _ in service.team.positions()}) == 2
    service.write({"6": None, "9": "pos"})
    service.sync({**BEFORE, "4": "pos", "5": "neg", "7": "pos", "8": "pos", "9": "pos"})


def test_a_data_folder_restored_with_more_changes_than_the_branch_knows_of_loses_nothing(service: Service) -> None:
    """The seq grows past the branch's position before the first sync: only the ledger can tell."""
    older = shutil.copytree(service.data, service.folder / "older")
    service.write({"4": "pos"})
    service.sync({**BEFORE, "4": "pos"})
    shutil.rmtree(service.data)
    older.rename(service.data)
    service.write({"5": "pos", "6": "pos", "7": "pos"})
    service.sync({**BEFORE, "4": "pos", "5": "pos", "6": "pos", "7": "pos"})


def test_a_branch_set_back_gets_our_changes_again(service: Service) -> None:
    before_us, *_ = service.team.commits()
    service.write(NEXT)
    service.sync(AFTER_NEXT)
    service.team.reset(before_us)
    service.sync(AFTER_NEXT)
    service.write({"5": "pos"})
    service.sync({**AFTER_NEXT, "5": "pos"})


def test_a_delete_is_made_again_when_the_branch_is_set_back_to_before_it(service: Service) -> None:
    with_all = service.team.head()
    service.write(NEXT)
    service.sync(AFTER_NEXT)
    service.team.reset(with_all)
    service.sync(AFTER_NEXT)


def test_a_branch_set_back_while_changes_wait_gets_both(service: Service) -> None:
    before_us, *_ = service.team.commits()
    service.team.reset(before_us)
    service.write(NEXT)
    service.sync(AFTER_NEXT)
