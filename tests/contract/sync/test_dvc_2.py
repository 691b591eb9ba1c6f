"""A repository that is still on DVC 2's format: refused, until a person has run what the hint says."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from tests.contract.sync.conftest import DATASET, Bridge, Team, annotation

CONTENT = b'[{"id": 5, "data": {"text": "of old"}, "annotations": []}]'
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def old_object(team: Team) -> Path:
    """A dataset as DVC 2 tracked it: no `hash: md5` in its file, the object not below `files/md5`."""
    stored = team.playground.remote / MD5[:2] / MD5[2:]
    stored.parent.mkdir()
    stored.write_bytes(CONTENT)
    pointer = team.folder / f"{DATASET}.dvc"
    pointer.parent.mkdir()
    pointer.write_text(f"outs:\n- md5: {MD5}\n  size: {len(CONTENT)}\n  path: data.json\n")
    (pointer.parent / ".gitignore").write_text("/data.json\n")
    team.push_files("data: a dataset, with DVC 2")
    return stored


def migrate(bridge: Bridge, team: Team, *, without: str = "nothing") -> str:
    """Do what the hint says, except for one command; return the message."""
    with pytest.raises(Blocked, match="DVC 2") as caught:
        bridge.sync()
    for command in re.findall(r"`dvc ([^`]+)`", caught.value.hint):
        if command != without:
            team.dvc(*command.split())
    team.push_files("data: the format of DVC 3")
    return str(caught.value)


def test_the_commands_in_the_hint_are_all_it_takes(bridge: Bridge, team: Team, old_object: Path) -> None:
    bridge.put("86", annotation(86))
    assert DATASET in migrate(bridge, team)
    bridge.sync()
    assert {record["id"] for record in team.pull()} == {5, 84}
    assert old_object.read_bytes() == CONTENT


def test_a_forgotten_push_is_noticed_and_asked_for(bridge: Bridge, team: Team, old_object: Path) -> None:
    bridge.put("86", annotation(86))
    migrate(bridge, team, without="push")
    with pytest.raises(Blocked, match=MD5) as caught:
        bridge.sync()
    assert "dvc push" in caught.value.hint
    team.dvc("push", "--quiet")
    bridge.sync()
    assert {record["id"] for record in team.pull()} == {5, 84}
