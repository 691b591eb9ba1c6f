"""The service as a member of a team whose Git server asks for a token."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.e2e.conftest import StartService
from tests.e2e.servers.annotations import annotation_object, held
from tests.e2e.servers.git_server import GitServer, PushMoment
from tests.e2e.servers.team import BRANCH, TeamRepository


@dataclass(frozen=True, slots=True)
class _Access:
    """Settings that let the service in."""

    settings: dict[str, str]


@pytest.fixture(params=["token in the settings", "token in the address"])
def access(request: pytest.FixtureRequest, git_server: GitServer, team: TeamRepository) -> _Access:
    if request.param == "token in the settings":
        return _Access({})
    return _Access({"GIT_REPO": git_server.url_with_token(team.name), "GIT_PAT_NAME": "", "GIT_PAT_TOKEN": ""})


def command_lines() -> str:
    """Return the command lines of every process of this machine, one a line."""
    return subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout


def test_the_service_pushes_with_the_token(access: _Access, team: TeamRepository, start_service: StartService) -> None:
    service = start_service(access.settings)
    service.put("318", annotation_object(318, "pos"))

    status = service.wait_until_synced()

    assert status.last_commit == team.head()
    scientist = team.clone("dana")
    scientist.dvc_pull()
    assert [one.annotation for one in held(scientist.dataset())] == [318]


@pytest.mark.skipif(sys.platform == "win32", reason="command lines are read with ps")
def test_the_token_is_in_no_log_no_command_line_and_no_file_but_the_settings(
    access: _Access, git_server: GitServer, team: TeamRepository, start_service: StartService
) -> None:
    seen: list[str] = []
    git_server.before_next_push(PushMoment.BEFORE_REFS_ARE_READ, lambda: seen.append(command_lines()))
    service = start_service(access.settings)
    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()
    with git_server.unavailable():
        service.put("319", annotation_object(319, "pos"))
        error = service.wait_until_state("retrying").error
    service.wait_until_synced()

    token = git_server.token
    assert "push" in seen[0]
    assert token not in seen[0]
    assert token not in service.output()
    assert token not in (error or "")
    files = [path for path in service.folder.rglob("*") if path.is_file() and path.name != ".env"]
    assert any(path.name == "config" for path in files)
    assert [path for path in files if token.encode() in path.read_bytes()] == []
    assert token not in team.git("log", "--format=%B", "-p", BRANCH)


def test_a_declined_push_blocks_with_the_servers_words_and_refuses_no_annotator(
    git_server: GitServer, team: TeamRepository, start_service: StartService
) -> None:
    service = start_service()
    with git_server.declining_pushes(team.name):
        service.put("318", annotation_object(318, "pos"))
        status = service.wait_until_state("blocked")
        service.put("319", annotation_object(319, "neg"))

    assert "GH006" in (status.error or "")
    assert status.hint
    service.stop()
    service.restart()
    service.wait_until_synced()
    scientist = team.clone("dana")
    scientist.dvc_pull()
    assert [one.annotation for one in held(scientist.dataset())] == [318, 319]


def test_a_revoked_token_blocks_with_a_hint_and_a_valid_one_heals(
    git_server: GitServer, team: TeamRepository, start_service: StartService
) -> None:
    service = start_service()
    issued, git_server.token = git_server.token, "another-one-since-today"

    service.put("318", annotation_object(318, "pos"))

    status = service.wait_until_state("blocked")
    assert "token" in (status.hint or "")
    git_server.token = issued
    service.wait_until_synced()
    assert service.status().error is None


def test_a_git_server_in_trouble_is_tried_again_until_it_answers(
    git_server: GitServer, team: TeamRepository, start_service: StartService
) -> None:
    service = start_service()
    service.wait_until_synced()  # what waits is known only after the branch was read
    with git_server.unavailable():
        service.put("318", annotation_object(318, "pos"))
        status = service.wait_until_state("retrying")
        service.put("319", annotation_object(319, "neg"))
    assert status.error
    assert status.pending

    service.wait_until_synced()

    scientist = team.clone("dana")
    scientist.dvc_pull()
    assert [one.annotation for one in held(scientist.dataset())] == [318, 319]


def test_a_service_starts_and_takes_annotations_while_the_git_server_is_down(
    git_server: GitServer, team: TeamRepository, start_service: StartService
) -> None:
    with git_server.unavailable():
        service = start_service()
        service.put("318", annotation_object(318, "pos"))

    service.wait_until_synced()
    assert service.status().last_commit == team.head()
