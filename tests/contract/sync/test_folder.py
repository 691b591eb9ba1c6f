"""A dataset that is a folder of shards: our cycle and a data scientist with Git and DVC, on the real parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.listing import Listing
from dvc_sync_s3.dvc.pointer import read_pointer, write_pointer
from dvc_sync_s3.errors import Blocked
from tests.contract.sync.conftest import Bridge, OpenBridge, Team, annotation

FOLDER = "data/annotations"


@pytest.fixture
def folder_bridge(open_bridge: OpenBridge) -> Bridge:
    return open_bridge("bridge", FOLDER)


def stored(team: Team, md5: str) -> Path:
    return team.playground.remote / "files" / "md5" / md5[:2] / md5[2:]


def files(team: Team) -> dict[str, bytes]:
    """The folder as the branch and the remote have it, without DVC's commands, which take seconds."""
    team.run("git", "pull", "--quiet", "--rebase")
    pointer = read_pointer((team.folder / f"{FOLDER}.dvc").read_bytes(), FOLDER)
    listing = Listing.parse(stored(team, pointer.md5).read_bytes())
    found = {relpath: stored(team, md5).read_bytes() for relpath, md5 in listing}
    assert (pointer.size, pointer.nfiles) == (sum(map(len, found.values())), len(found))
    return found


def tasks(team: Team) -> dict[str, list[int]]:
    """The ids of the tasks in each shard."""
    shards = {name: content for name, content in files(team).items() if name.startswith("tasks-")}
    return {name: [json.loads(line)["id"] for line in content.splitlines()] for name, content in shards.items()}


def share(team: Team, contents: Mapping[str, bytes]) -> None:
    """Do what a data scientist's `dvc add`, `dvc push` and `git push` of these files do."""
    team.run("git", "pull", "--quiet", "--rebase")
    listing = Listing()
    for relpath, content in contents.items():
        listing.put(relpath, put(team, content))
    md5 = put(team, bytes(listing.content()), ".dir")
    pointer = team.folder / f"{FOLDER}.dvc"
    before = pointer.read_bytes() if pointer.exists() else None
    pointer.parent.mkdir(exist_ok=True)
    pointer.write_bytes(write_pointer(before, FOLDER, md5, sum(map(len, contents.values())), len(contents)))
    team.push_files("dataset: by hand")


def put(team: Team, content: bytes, suffix: str = "") -> str:
    md5 = hashlib.md5(content).hexdigest() + suffix
    stored(team, md5).parent.mkdir(parents=True, exist_ok=True)
    stored(team, md5).unlink(missing_ok=True)
    stored(team, md5).write_bytes(content)
    return md5


def test_a_folder_is_clean_to_a_data_scientists_dvc(folder_bridge: Bridge, team: Team) -> None:
    for task in (7, 600):
        folder_bridge.put(f"project-4/{task}", annotation(task, task=task))
    folder_bridge.sync()
    team.run("git", "pull", "--quiet", "--rebase")
    team.dvc("pull", "--quiet")
    assert {path.name for path in (team.folder / FOLDER).iterdir()} == tasks(team).keys()
    assert team.dvc("status", "--json").strip() == "{}"
    team.dvc("add", "--quiet", FOLDER)
    assert team.run("git", "status", "--porcelain") == ""


def test_a_folder_grows_and_shrinks_by_shards(folder_bridge: Bridge, team: Team) -> None:
    for task in (7, 600, 601):
        folder_bridge.put(f"project-4/{task}", annotation(task, task=task))
    folder_bridge.sync()
    assert tasks(team) == {"tasks-0000000000.jsonl": [7], "tasks-0000000512.jsonl": [600, 601]}
    foreign = {"README.md": b"ours", "images/1.png": b"PNG"}
    share(team, files(team) | foreign)
    folder_bridge.put("project-4/8", annotation(8, task=8))
    folder_bridge.delete("project-4/600")
    folder_bridge.delete("project-4/601")
    folder_bridge.sync()
    assert tasks(team) == {"tasks-0000000000.jsonl": [7, 8]}
    assert files(team).items() >= foreign.items()


def test_the_cache_keeps_only_what_the_next_sync_may_need(folder_bridge: Bridge, team: Team) -> None:
    for task in range(0, 5120, 512):
        folder_bridge.put(f"project-4/{task}", annotation(task, task=task))
    folder_bridge.sync()
    for edition in range(3):
        folder_bridge.put("project-4/512", annotation(512, task=512, text=f"edition {edition}"))
        folder_bridge.sync()
    kept = [path for path in (folder_bridge.folder / "git/.dvc/cache/files/md5").rglob("*") if path.is_file()]
    assert len(kept) <= 6  # the shard and the listing: of this version, of the one before, of the one before that


def test_old_versions_may_go_from_the_remote(folder_bridge: Bridge, team: Team) -> None:
    """A team member's `dvc gc` leaves what the branch names, and a put back version is sent again."""
    for label in ("pos", "neg"):
        folder_bridge.put("project-4/7", annotation(7, label, task=7))
        folder_bridge.sync()
    pointer = read_pointer((team.folder / f"{FOLDER}.dvc").read_bytes(), FOLDER) if files(team) else None
    assert pointer is not None
    listing = Listing.parse(stored(team, pointer.md5).read_bytes())
    named = {stored(team, pointer.md5), *(stored(team, md5) for _, md5 in listing)}
    for path in (team.playground.remote / "files/md5").rglob("*"):
        if path.is_file() and path not in named:
            path.unlink()
    folder_bridge.put("project-4/7", annotation(7, "pos", task=7))
    folder_bridge.sync()
    assert tasks(team) == {"tasks-0000000000.jsonl": [7]}


def test_shards_given_other_names_wait_for_a_person_and_heal(folder_bridge: Bridge, team: Team) -> None:
    folder_bridge.put("project-4/7", annotation(7, task=7))
    folder_bridge.sync()
    (shard,) = files(team).values()
    share(team, {"train.jsonl": shard})
    folder_bridge.put("project-4/8", annotation(8, task=8))
    with pytest.raises(Blocked, match=r"train\.jsonl holds task 7") as caught:
        folder_bridge.sync()
    assert "tasks-<first id>.jsonl" in caught.value.hint
    share(team, {"tasks-0000000000.jsonl": shard})
    folder_bridge.sync()
    assert tasks(team) == {"tasks-0000000000.jsonl": [7, 8]}


def test_a_file_on_the_branch_where_a_folder_is_wanted_waits_for_a_person(folder_bridge: Bridge, team: Team) -> None:
    pointer = team.folder / f"{FOLDER}.dvc"
    pointer.parent.mkdir()
    pointer.write_bytes(write_pointer(None, FOLDER, put(team, b"[]\n"), 3))
    team.push_files("a file")
    folder_bridge.put("project-4/7", annotation(7, task=7))
    with pytest.raises(Blocked, match="one file"):
        folder_bridge.sync()
