"""A branch that was deleted, renamed or rewritten: a state that a person understands, and nothing lost once mended."""

from __future__ import annotations

import json

import pytest

from dvc_sync_s3.errors import Blocked
from tests.contract.sync.conftest import Bridge, Team, annotation


def blocked(bridge: Bridge) -> Blocked:
    """Return what a new annotation is blocked with."""
    bridge.put("99", annotation(99, task=99))
    with pytest.raises(Blocked) as caught:
        bridge.sync()
    return caught.value


def on_server(team: Team, *arguments: str) -> str:
    return team.run("git", "-C", str(team.playground.repository), *arguments).strip()


def tasks(team: Team) -> set[object]:
    return {record["id"] for record in team.dataset()}


def test_a_deleted_branch_waits_for_a_person_and_goes_on_once_it_is_pushed_again(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    head = team.head()
    on_server(team, "update-ref", "-d", "refs/heads/main")
    error = blocked(bridge)
    assert "no branch main" in str(error)
    assert "GIT_BRANCH" in error.hint
    on_server(team, "update-ref", "refs/heads/main", head)
    bridge.sync()
    assert tasks(team) == {84, 99}


def test_a_renamed_default_branch_is_named_and_not_made_again(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    on_server(team, "branch", "--move", "main", "trunk")
    error = blocked(bridge)
    assert "now that is trunk" in str(error)
    assert "GIT_BRANCH=trunk" in error.hint
    assert on_server(team, "for-each-ref", "--format=%(refname)", "refs/heads/") == "refs/heads/trunk"
    on_server(team, "branch", "--move", "trunk", "main")
    bridge.sync()
    assert tasks(team) == {84, 99}


def test_a_history_that_was_rewritten_with_our_commits_in_it_goes_on(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    team.run("git", "pull", "--quiet", "--rebase")
    team.run("git", "rebase", "--quiet", "--root", "--reset-author-date", "--exec", "git commit --amend --no-edit -q")
    team.run("git", "push", "--quiet", "--force")
    rewritten = team.head()
    bridge.put("99", annotation(99, task=99))
    bridge.sync()
    assert on_server(team, "rev-parse", "main^") == rewritten
    assert tasks(team) == {84, 99}


def test_a_history_that_was_rewritten_without_our_commits_gets_them_again(bridge: Bridge, team: Team) -> None:
    team.run("git", "commit", "--quiet", "--allow-empty", "-m", "another start")
    bridge.put("86", annotation(86))
    bridge.sync()
    team.run("git", "push", "--quiet", "--force")
    bridge.put("99", annotation(99, task=99))
    bridge.sync()
    assert tasks(team) == {84, 99}


FOREIGN = json.dumps([{"id": 50, "project": 4, "data": {"text": "old"}, "annotations": []}], indent=1).encode()


def test_a_branch_reset_to_a_dataset_in_another_form_goes_on(bridge: Bridge, team: Team) -> None:
    team.share(FOREIGN)
    for number in (86, 87):
        bridge.put(str(number), annotation(number, task=number))
        bridge.sync()
    team.run("git", "push", "--quiet", "--force", "origin", "HEAD:main")
    bridge.put("88", annotation(88, task=88))
    bridge.sync()
    assert tasks(team) == {50, 86, 87, 88}
