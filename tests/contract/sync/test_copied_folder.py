"""Two services on copies of one data folder: neither takes the other's commit for its own."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from dvc_sync_s3.errors import Rejected
from dvc_sync_s3.sync.cycle import Step
from tests.contract.sync.conftest import Bridge, OpenBridge, Team, annotation


def synced(team: Team) -> set[object]:
    return {record["id"] for record in team.dataset()}


def copied(open_bridge: OpenBridge, tmp_path: Path) -> tuple[Bridge, Bridge]:
    """Return two services: one that has synced an annotation, and one on a copy of its folder."""
    first = open_bridge("bridge")
    first.put("1", annotation(1, task=1))
    first.sync()
    first.store.publish()
    first.ledger.close()
    asyncio.run(first.store.close())
    shutil.copytree(first.folder, tmp_path / "copy")
    return open_bridge("bridge"), open_bridge("copy")


def test_both_go_on_one_after_the_other(open_bridge: OpenBridge, team: Team, tmp_path: Path) -> None:
    original, copy = copied(open_bridge, tmp_path)
    original.put("2", annotation(2, task=2))
    copy.put("3", annotation(3, task=3))
    original.sync()
    copy.sync()
    assert synced(team) == {1, 2, 3}
    original.put("4", annotation(4, task=4))
    original.sync()
    copy.sync()
    assert synced(team) == {1, 2, 3, 4}
    assert original.ledger.instance != copy.ledger.instance


def test_a_push_that_the_other_s_outran_is_not_taken_to_have_landed(
    open_bridge: OpenBridge, team: Team, tmp_path: Path
) -> None:
    original, copy = copied(open_bridge, tmp_path)
    original.put("2", annotation(2, task=2))
    copy.put("3", annotation(3, task=3))

    def outrun(step: Step) -> None:
        if step is Step.WRITTEN_DOWN and not original.steps:
            original.sync()

    copy.cycle._report = outrun
    try:
        copy.sync()
    except Rejected:
        copy.sync()
    assert synced(team) == {1, 2, 3}
