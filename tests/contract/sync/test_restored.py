"""Index, ledger and plain files, each as it is, from a backup, lost or damaged: nothing acknowledged is left out."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dvc_sync_s3.errors import Blocked
from tests.contract.sync.conftest import Bridge, Json, OpenBridge, Team, annotation

INDEX, LEDGER = "objects/.dvc-sync-s3/index.db", "sync.db"
FILES = "objects/annotations"
Restore = Callable[[Path, Path, str], None]


def saved(number: int, label: str = "pos", *, at: str = "09:00") -> Json:
    """An annotation of a task of its own, saved at a time of day."""
    return annotation(number, label, task=number) | {"updated_at": f"2026-11-23T{at}:00.500000Z"}


def now(_folder: Path, _backup: Path, _name: str) -> None:
    """Leave it as it is."""


def older(folder: Path, backup: Path, name: str) -> None:
    """Put back what the backup has."""
    lost(folder, backup, name)
    if (backup / name).is_dir():
        shutil.copytree(backup / name, folder / name)
    else:
        shutil.copy(backup / name, folder / name)


def lost(folder: Path, _backup: Path, name: str) -> None:
    """Remove it."""
    if (folder / name).is_dir():
        shutil.rmtree(folder / name)
    for path in (folder / name).parent.glob(f"{Path(name).name}*"):
        path.unlink()


def damaged(folder: Path, _backup: Path, name: str) -> None:
    """Write rubbish over the beginning of each page, or of each file."""
    path = folder / name
    for each in path.iterdir() if path.is_dir() else [path]:
        content = bytearray(each.read_bytes())
        for at in range(0, len(content), 4096):
            content[at : at + 512] = b"\xff" * len(content[at : at + 512])
        each.write_bytes(content[: -1 if path.is_dir() else None])


def _json(records: list[Json]) -> bytes:
    return json.dumps(records).encode()


def stop(bridge: Bridge) -> None:
    bridge.store.publish()
    bridge.ledger.close()
    asyncio.run(bridge.store.close())


def back_up(folder: Path, to: Path, names: Iterable[str]) -> None:
    """Copy as the reference says: databases by SQLite's own means."""
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        if (folder / name).is_dir():
            shutil.copytree(folder / name, to / name, dirs_exist_ok=True)
        else:
            with closing(sqlite3.connect(folder / name)) as one, closing(sqlite3.connect(to / name)) as other:
                one.backup(other)


def sync_all(bridge: Bridge) -> None:
    """Run cycles until nothing waits."""
    for _ in range(5):
        if bridge.sync().seq == bridge.store.last_seq():
            return
    raise AssertionError("something waits for ever")


def chosen(team: Team) -> dict[int, str]:
    """Return what each annotation on the branch chooses."""
    records: list[Any] = team.dataset()
    found = [one for record in records for one in record["annotations"]]
    return {one["id"]: one["result"][0]["value"]["choices"][0] for one in found}


def lived(open_bridge: OpenBridge, team: Team, tmp_path: Path) -> tuple[Path, Path]:
    """Save, back up, and save and delete more; return the folder and the backup. On the branch are 1 (neg) and 4."""
    bridge = open_bridge("bridge")
    for number in (1, 2, 3):
        bridge.put(str(number), saved(number))
    sync_all(bridge)
    team.share(_json([record for record in team.dataset() if record["id"] != 2]))
    bridge.sync()
    bridge.store.publish()
    back_up(bridge.folder, tmp_path / "backup", (INDEX, LEDGER, FILES))
    bridge.put("1", saved(1, "neg", at="10:00"))
    bridge.put("4", saved(4))
    bridge.delete("3")
    sync_all(bridge)
    assert chosen(team) == {1: "neg", 4: "pos"}
    stop(bridge)
    return bridge.folder, tmp_path / "backup"


@pytest.mark.parametrize("files", [now, older, lost, damaged])
@pytest.mark.parametrize("ledger", [now, older, lost, damaged])
@pytest.mark.parametrize("index", [now, older, lost])
def test_what_is_saved_after_a_restore_is_synced_and_nothing_is_undone(
    open_bridge: OpenBridge, team: Team, tmp_path: Path, index: Restore, ledger: Restore, files: Restore
) -> None:
    folder, backup = lived(open_bridge, team, tmp_path)
    index(folder, backup, INDEX)
    ledger(folder, backup, LEDGER)
    files(folder, backup, FILES)

    bridge = open_bridge("bridge")
    bridge.put("5", saved(5, at="11:00"))
    sync_all(bridge)

    found = chosen(team)
    assert found.items() >= {1: "neg", 4: "pos", 5: "pos"}.items()
    if ledger in (now, older) and files is not damaged:
        assert 2 not in found, "what a data scientist deleted stays deleted, as long as the ledger knows of it"
    bridge.put("1", saved(1, "pos", at="12:00"))
    bridge.delete("5")
    sync_all(bridge)
    assert chosen(team) == {number: label for number, label in found.items() if number != 5} | {1: "pos"}


@pytest.mark.parametrize("files", [now, lost])
@pytest.mark.parametrize("ledger", [now, older, lost, damaged])
def test_a_damaged_index_is_told_and_never_begun_anew(
    open_bridge: OpenBridge, team: Team, tmp_path: Path, ledger: Restore, files: Restore
) -> None:
    folder, backup = lived(open_bridge, team, tmp_path)
    damaged(folder, backup, INDEX)
    ledger(folder, backup, LEDGER)
    files(folder, backup, FILES)
    content = (folder / INDEX).read_bytes()

    with pytest.raises(Blocked) as caught:
        open_bridge("bridge")

    assert "is damaged" in str(caught.value)
    assert "backup" in caught.value.hint
    assert (folder / INDEX).read_bytes() == content
