"""A branch that takes merge requests only: proposed, merged, proposed again; nothing lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvc_sync_s3.dataset.model import JsonValue
from dvc_sync_s3.git.model import HostKind
from tests.e2e.conftest import StartService
from tests.e2e.servers.annotations import annotation_object, held
from tests.e2e.servers.git_server import GitServer
from tests.e2e.servers.pull_requests import serve_pull_requests
from tests.e2e.servers.team import BRANCH, TeamRepository

SIDE = f"dvc-sync/{BRANCH}"
HOOK = f"""#!/bin/sh
env | grep ^GIT_PUSH_OPTION_ | sort >> push-options
while read old new ref; do
    case $ref in refs/heads/{BRANCH}) echo "GH006: Protected branch update failed for $ref." >&2; exit 1;; esac
done
"""


@pytest.fixture
def protected(team: TeamRepository) -> TeamRepository:
    """The team's repository, whose branch nobody may push to."""
    hook = team.bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK, "utf-8", newline="\n")
    hook.chmod(0o755)
    team.git("config", "receive.advertisePushOptions", "true")
    return team


def merge(team: TeamRepository) -> None:
    """Merge the side branch as a host does, which no hook hinders."""
    tree = team.git("rev-parse", f"{SIDE}^{{tree}}")
    identity = ("-c", "user.name=host", "-c", "user.email=host@example.com")
    commit = team.git(*identity, "commit-tree", "-p", BRANCH, "-p", SIDE, "-m", "Merge the annotations", tree)
    team.git("update-ref", f"refs/heads/{BRANCH}", commit)


def pulled(team: TeamRepository, member: str) -> list[int]:
    clone = team.clone(member)
    clone.dvc_pull()
    return [one.annotation for one in held(clone.dataset())]


def options(team: TeamRepository) -> list[str]:
    """Return what the pushes asked of the host, oldest first."""
    path: Path = team.bare / "push-options"
    return [line.partition("=")[2] for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def test_a_refused_push_says_that_merge_requests_are_the_way(
    protected: TeamRepository, start_service: StartService
) -> None:
    service = start_service()
    service.put("318", annotation_object(318, "pos"))
    status = service.wait_until_state("blocked")
    assert "GH006" in (status.error or "")
    assert "GIT_MERGE_REQUEST=true" in (status.hint or "")


def test_gitlab_is_asked_with_the_push(protected: TeamRepository, start_service: StartService) -> None:
    before = protected.head()
    service = start_service({"GIT_MERGE_REQUEST": "true", "GIT_HOST_KIND": "gitlab"})
    service.put("318", annotation_object(318, "pos"))
    first = service.wait_until_synced().last_commit
    service.put("319", annotation_object(319, "neg"))
    second = service.wait_until_synced().last_commit
    assert protected.head() == before
    assert protected.git("log", "--format=%H", f"{BRANCH}..{SIDE}").split() == [second, first]
    asked = options(protected)
    assert asked.count("merge_request.create") == asked.count(f"merge_request.target={BRANCH}") == 2
    assert sum(option.startswith("merge_request.title=") for option in asked) == 1

    merge(protected)
    assert pulled(protected, "dana") == [318, 319]
    service.delete("318")
    service.wait_until_synced()
    assert protected.git("rev-parse", f"{SIDE}^") == protected.head()
    merge(protected)
    assert pulled(protected, "eve") == [319]


@pytest.mark.parametrize("kind", [HostKind.GITHUB, HostKind.GITEA])
def test_github_and_gitea_are_asked_through_their_api(
    git_server: GitServer, protected: TeamRepository, start_service: StartService, kind: HostKind
) -> None:
    with serve_pull_requests(kind, git_server.token, "team") as host:
        settings = {"GIT_MERGE_REQUEST": "true", "GIT_HOST_KIND": str(kind), "GIT_API_URL": host.url}
        service = start_service(settings)
        service.put("318", annotation_object(318, "pos"))
        service.wait_until_synced()
        assert [(pull.head, pull.base) for pull in host.pulls] == [(SIDE, BRANCH)]
        service.put("319", annotation_object(319, "neg"))
        service.wait_until_synced()
        assert len(host.pulls) == 1

        merge(protected)
        host.pulls[0].state = "closed"
        assert pulled(protected, "dana") == [318, 319]
        service.put("320", annotation_object(320, "neg"))
        service.wait_until_synced()
        assert [pull.state for pull in host.pulls] == ["closed", "open"]
        assert git_server.token not in service.output()


def test_what_the_team_did_meanwhile_is_merged_by_record(team: TeamRepository, start_service: StartService) -> None:
    team.git("config", "receive.advertisePushOptions", "true")
    service = start_service({"GIT_MERGE_REQUEST": "true", "GIT_HOST_KIND": "gitlab"})
    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()
    task: JsonValue = {"id": 1000, "project": 99, "data": {"text": "by hand"}, "annotations": []}
    team.member.pull()
    team.member.share_dataset([task], "dataset: a task by hand")
    service.put("319", annotation_object(319, "neg"))
    service.wait_until_synced()
    assert team.git("rev-parse", f"{SIDE}^") == team.head()
    team.git("update-ref", f"refs/heads/{BRANCH}", SIDE)
    clone = team.clone("dana")
    clone.dvc_pull()
    dataset = clone.dataset()
    assert isinstance(dataset, list)
    assert task in dataset
    assert [one.annotation for one in held(dataset)] == [318, 319]
