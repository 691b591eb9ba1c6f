"""A push that Git's server refuses while nobody else pushes: its own words stand in the error."""

from __future__ import annotations

import pytest

from dvc_sync_s3.errors import Rejected, Transient
from tests.contract.sync.conftest import Bridge, Team, annotation


def test_a_lock_left_on_the_server_is_told_at_once_and_heals(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    lock = team.playground.repository / "refs/heads/main.lock"
    lock.touch()
    bridge.put("87", annotation(87))
    with pytest.raises(Transient, match=r"main\.lock.*File exists"):
        bridge.sync()
    lock.unlink()
    bridge.sync()
    assert {one["id"] for record in team.dataset() for one in record["annotations"]} == {86, 87}  # type: ignore[index, call-overload, union-attr]


def test_a_second_refusal_on_a_branch_that_has_not_moved_is_not_called_a_race(bridge: Bridge, team: Team) -> None:
    hook = team.playground.repository / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'cannot lock ref: out of order' >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    bridge.put("86", annotation(86))
    with pytest.raises(Rejected):
        bridge.sync()
    with pytest.raises(Transient, match=r"although nobody else pushed.*out of order"):
        bridge.sync()
