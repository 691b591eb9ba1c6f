"""The service as one member of a team among others: what they did stays, and their tools find nothing odd."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dvc_sync_s3.dataset.model import JsonValue
from tests.e2e.conftest import MakeTeam, StartService
from tests.e2e.servers.annotations import annotation_object, choice, held
from tests.e2e.servers.git_server import GitServer, PushMoment
from tests.e2e.servers.team import DATASET, DvcRemote, TeamRepository, initialise_dvc, make_repository
from tests.e2e.servers.waiting import wait_until


def foreign(task: int) -> dict[str, JsonValue]:
    """Return a task of another project that came into the dataset by hand."""
    annotation: JsonValue = {
        "id": task * 10,
        "completed_by": {"id": 7, "email": "bo@example.com", "first_name": "", "last_name": ""},
        "result": choice("neg"),
        "was_cancelled": False,
        "ground_truth": True,
        "lead_time": 2.5,
    }
    return {"id": task, "project": 99, "data": {"text": f"foreign {task}"}, "annotations": [annotation], "extra": "x"}


def pulled_ids(team: TeamRepository, member: str = "dana") -> set[int]:
    """Return the ids of the annotations that a new member pulls."""
    clone = team.clone(member)
    clone.dvc_pull()
    return {one.annotation for one in held(clone.dataset())}


def wait_for_pushes(git_server: GitServer, count: int) -> None:
    """Wait until the server has answered so many pushes."""
    wait_until(lambda: git_server.pushes() >= count, what=f"{count} pushes", timeout_s=30)


def test_foreign_tasks_in_the_dataset_stay_as_they_are(
    make_team: MakeTeam, folder_remote: DvcRemote, start_service: StartService
) -> None:
    without_id: JsonValue = {"data": {"text": "no id"}, "annotations": []}
    team = make_team(remote=folder_remote, dataset=[foreign(1000), without_id])
    service = start_service()

    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()
    service.delete("318")
    service.wait_until_synced()

    scientist = team.clone("dana")
    scientist.dvc_pull()
    dataset = scientist.dataset()
    assert isinstance(dataset, list)
    assert foreign(1000) in dataset
    assert without_id in dataset
    assert len(dataset) == 2


def test_dvc_finds_nothing_to_do_after_a_sync(team: TeamRepository, start_service: StartService) -> None:
    service = start_service()
    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()
    service.put("319", annotation_object(319, "neg", text="caf\u00e9"))
    service.wait_until_synced()

    scientist = team.clone("dana")
    scientist.dvc_pull()

    assert scientist.dvc_status() == {}
    assert scientist.dvc_status_cloud() == {}
    assert scientist.dvc_diff() == {}
    scientist.dvc_add()
    assert scientist.git("status", "--porcelain") == ""


def test_a_commit_touches_the_dvc_file_what_dvc_puts_beside_it_and_the_metrics(
    team: TeamRepository, start_service: StartService
) -> None:
    before = team.files()
    service = start_service()

    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()

    added = team.files() - before
    assert added == {f"{DATASET}.dvc", "data/.gitignore", "data/data.metrics.json", "data/dvc.yaml"}
    assert "1 added" in team.message().splitlines()[0]


@pytest.mark.parametrize("moment", list(PushMoment))
def test_what_a_member_pushes_in_the_middle_of_our_push_stays(
    make_team: MakeTeam,
    folder_remote: DvcRemote,
    git_server: GitServer,
    start_service: StartService,
    moment: PushMoment,
) -> None:
    team = make_team(remote=folder_remote, dataset=[foreign(1000)])

    def push_theirs() -> None:
        (team.member.folder / "train.py").write_text("print('training')\n", "utf-8")
        team.member.share_dataset([foreign(1000), foreign(2000)], "more tasks and the training")

    git_server.before_next_push(moment, push_theirs)
    service = start_service()
    service.put("318", annotation_object(318, "pos"))
    status = service.wait_until_synced()

    assert status.last_commit == team.head()
    assert "train.py" in team.files()
    assert pulled_ids(team) == {10000, 20000, 318}
    assert team.git("rev-list", "--merges", "main") == ""


def test_what_a_member_pushes_between_two_syncs_stays(team: TeamRepository, start_service: StartService) -> None:
    service = start_service()
    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()

    team.member.dvc_pull()
    tasks = team.member.dataset()
    assert isinstance(tasks, list)
    team.member.share_dataset([*tasks, foreign(1000)], "one of ours")
    service.put("319", annotation_object(319, "neg"))
    service.wait_until_synced()

    assert pulled_ids(team) == {318, 319, 10000}


def test_a_service_killed_when_its_push_has_arrived_repeats_and_loses_nothing(
    team: TeamRepository, git_server: GitServer, start_service: StartService
) -> None:
    service = start_service()
    git_server.before_next_push(PushMoment.BEFORE_THE_PACK_ARRIVES, service.kill)
    before = team.commits()
    service.put("318", annotation_object(318, "pos"))
    wait_for_pushes(git_server, 1)

    service.restart()
    service.wait_until_synced()

    assert team.commits() == before + 1
    service.put("319", annotation_object(319, "neg"))
    service.wait_until_synced()
    assert pulled_ids(team) == {318, 319}


def test_the_clone_is_rebuilt_when_it_is_gone(team: TeamRepository, start_service: StartService) -> None:
    service = start_service({"GIT_FOLDER": "./clone"})
    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()
    service.stop()
    shutil.rmtree(service.folder / "clone")

    service.restart()
    service.put("319", annotation_object(319, "neg"))
    service.wait_until_synced()

    assert pulled_ids(team) == {318, 319}


def test_an_absent_branch_is_made(team: TeamRepository, start_service: StartService) -> None:
    main = team.head()
    service = start_service({"GIT_BRANCH": "annotations"})

    service.put("318", annotation_object(318, "pos"))
    service.wait_until_synced()

    assert team.head() == main
    scientist = team.clone("dana")
    scientist.git("checkout", "-q", "annotations")
    scientist.dvc("pull", "-q")
    assert [one.annotation for one in held(scientist.dataset())] == [318]


@pytest.mark.parametrize("has_commit", [True, False], ids=["a README", "no commit"])
def test_a_repository_without_dvc_blocks_until_someone_initialises_it(
    git_server: GitServer,
    tmp_path: Path,
    start_service: StartService,
    folder_remote: DvcRemote,
    *,
    has_commit: bool,
) -> None:
    team = make_repository(git_server.root / "team.git", tmp_path / "members")
    if has_commit:
        (team.member.folder / "README.md").write_text("# Our project\n", "utf-8")
        team.member.commit_and_push("begin")
    service = start_service()
    service.put("318", annotation_object(318, "pos"))

    assert "dvc init" in (service.wait_until_state("blocked").hint or "")

    initialise_dvc(team.member, folder_remote)
    service.stop()
    service.restart()
    service.wait_until_synced()
    assert pulled_ids(team) == {318}
