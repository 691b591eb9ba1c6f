"""The layout of a live dataset is changed in one commit, and the service goes on from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from dvc_sync_s3.app.conversion import convert as convert_by_settings
from dvc_sync_s3.dataset.layouts import layout_for
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.errors import Blocked, SettingsError
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author, Repository
from dvc_sync_s3.process import FileLock
from dvc_sync_s3.settings import Settings
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.sync.annotations import Annotations
from dvc_sync_s3.sync.conversion import Conversion, Place
from dvc_sync_s3.sync.cycle import Cycle
from dvc_sync_s3.sync.reading import Changes
from dvc_sync_s3.sync.tracked_dataset import TrackedDataset
from dvc_sync_s3.sync.tracked_paths import written_out_paths
from tests.contract.sync.conftest import DATASET, ENVIRON, Bridge, Json, Team, annotation

FOLDER = "data/annotations"
LINES = "lines/all.jsonl"


def tracked(bridge: Bridge, team: Team, path: str, *others: str) -> tuple[Clone, TrackedDataset]:
    repository = Repository(str(team.playground.repository), "main", Author("dvc-sync", "bot@example.com"))
    paths = tuple(dict.fromkeys(each for name in (path, *others) for each in written_out_paths(name)))
    clone = Clone(bridge.folder / f"git-{path.replace('/', '-')}", repository, paths, environ=ENVIRON)
    return clone, TrackedDataset(path, layout_for(path), clone, RemoteSettings())


def convert(bridge: Bridge, team: Team, old: str, new: str) -> str:
    clone, dataset = tracked(bridge, team, old, new)
    return Conversion(clone, dataset, old, Place(new, layout_for(new)), bridge.ledger).run()


def sync(bridge: Bridge, team: Team, path: str) -> None:
    """Run a cycle as the service does after DVC_DATASET was changed."""
    clone, dataset = tracked(bridge, team, path)
    kind = Annotations(Changes(bridge.store), clone, dataset, bridge.ledger)
    Cycle(kind, clone, dataset, bridge.ledger, lambda _: None).run()


def pulled(team: Team, path: str) -> list[Json]:
    """What `git pull && dvc pull` brings, in order of tasks."""
    team.run("git", "pull", "--quiet", "--rebase")
    team.dvc("pull", "--quiet", "--force")
    place = team.folder / path
    if path.endswith(".json"):
        records: list[Json] = json.loads(place.read_text())
    else:
        files = sorted(place.glob("tasks-*.jsonl")) if place.is_dir() else [place]
        records = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return sorted(records, key=lambda record: str(record["id"]).zfill(9))


@pytest.mark.timeout(400)
def test_array_to_folder_to_lines_to_array_keeps_every_record(bridge: Bridge, team: Team) -> None:
    for task in (7, 300, 301, 9000):
        bridge.put(f"project-4/{task}", annotation(task, task=task))
    bridge.sync()
    before = pulled(team, DATASET)
    (team.folder / f"{DATASET}.dvc").write_text((team.folder / f"{DATASET}.dvc").read_text() + "  desc: ours  # all\n")
    (team.folder / "data/.gitignore").write_text("*.tmp\n/data.json\n")
    team.push_files("a description")

    for old, new in ((DATASET, FOLDER), (FOLDER, LINES), (LINES, DATASET)):
        convert(bridge, team, old, new)
        assert pulled(team, new) == before
        assert team.subjects()[0] == f"dataset: {old} becomes {new}"
        assert "desc: ours  # all" in (team.folder / f"{new}.dvc").read_text()
        assert not (team.folder / f"{old}.dvc").exists()
    assert (team.folder / "data/.gitignore").read_text() == "*.tmp\n/data.json\n"
    assert not (team.folder / "lines/.gitignore").exists()


def test_the_service_goes_on_in_the_new_layout(bridge: Bridge, team: Team) -> None:
    bridge.put("project-4/7", annotation(7, task=7))
    bridge.sync()
    bridge.put("project-4/8", annotation(8, task=8))
    convert(bridge, team, DATASET, FOLDER)
    with pytest.raises(Blocked, match="gone from the branch"):
        bridge.sync()
    sync(bridge, team, FOLDER)
    assert team.subjects() == [
        "annotations: 1 added (pos)",
        f"dataset: {DATASET} becomes {FOLDER}",
        "annotations: 1 added (pos)",
    ]


def test_what_stands_in_the_way_waits_for_a_person(bridge: Bridge, team: Team) -> None:
    with pytest.raises(Blocked, match="gone from the branch"):
        convert(bridge, team, DATASET, FOLDER)
    bridge.put("project-4/7", annotation(7, task=7))
    bridge.sync()
    team.run("git", "pull", "--quiet", "--rebase")
    (team.folder / FOLDER).mkdir(parents=True)
    (team.folder / FOLDER / "notes").write_text("ours")
    team.push_files("notes")
    head = team.head()
    with pytest.raises(Blocked, match=f"Git itself tracks {FOLDER}"):
        convert(bridge, team, DATASET, FOLDER)
    assert team.head() == head


def command(bridge: Bridge, team: Team, to: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GIT_", "DVC_", "S3_"))},
        "S3_DATA_FOLDER": str(bridge.folder / "objects"),
        "GIT_FOLDER": str(bridge.folder / "git-command"),
        "GIT_REPO": str(team.playground.repository),
    }
    arguments = (sys.executable, "-m", "dvc_sync_s3", "convert", "--to", to)
    return subprocess.run(arguments, env=environ, cwd=bridge.folder, capture_output=True, text=True, check=False)


def test_the_command_tells_what_to_do_next(bridge: Bridge, team: Team) -> None:
    bridge.put("project-4/7", annotation(7, task=7))
    bridge.sync()
    lock = FileLock(bridge.folder / "objects" / HIDDEN_NAME / "sync.lock")
    lock.acquire()
    refused = command(bridge, team, f"{FOLDER}/")
    lock.release()
    assert (refused.returncode, "Stop it" in refused.stderr) == (1, True)
    assert command(bridge, team, "data/table.parquet").returncode == 1
    assert command(bridge, team, "../elsewhere").returncode == 2
    done = command(bridge, team, f"{FOLDER}/")
    assert done.returncode == 0, done.stderr
    assert f"DVC_DATASET={FOLDER}" in done.stdout
    assert team.subjects()[0] == f"dataset: {DATASET} becomes {FOLDER}"


def test_a_mirror_is_not_converted() -> None:
    settings = Settings(_env_file=None, dvc_layout="mirror", dvc_dataset=FOLDER)
    with pytest.raises(SettingsError, match="can't be converted to records"):
        convert_by_settings(settings, DATASET)
