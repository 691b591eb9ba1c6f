"""Any backup taken while people save, restored: whatever is acknowledged afterwards is synced, and nothing is removed.

Store, index and ledger are the real ones; the branch is a set of annotations with positions.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.dataset.model import PutAnnotation
from dvc_sync_s3.git.model import Tip
from dvc_sync_s3.store.folder import DataFolder
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.attempt import Attempt
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.plan import find, plan
from dvc_sync_s3.sync.reading import Changes
from dvc_sync_s3.sync.settle import settle

STEPS = st.lists(st.sampled_from(["save", "sync"]), max_size=5)


@dataclass
class Branch:
    """What was pushed: commits, the positions that they carry, and the annotations that are there."""

    positions: dict[str, int] = field(default_factory=dict)
    commits: list[str] = field(default_factory=lambda: ["c0"])
    keys: set[str] = field(default_factory=set)

    def position(self, instance: str) -> int | None:
        return self.positions.get(instance)

    def contains(self, commit: str) -> bool:
        return commit in self.commits


class Service:
    """A store, started anew, and its ledger."""

    def __init__(self, folder: Path, branch: Branch) -> None:
        self.branch = branch
        self.store = Store(folder, SystemClock(), wake_publisher=lambda: None)
        asyncio.run(self._start())
        self.ledger = Ledger(folder, self.store)

    async def _start(self) -> None:
        await self.store.start()
        await self.store.create_bucket("team")

    def run(self, steps: Sequence[str], saved: list[str]) -> None:
        for step in steps:
            if step == "sync":
                self.sync()
                continue
            key = str(1000 + len(saved))
            body = json.dumps({"id": int(key), "result": [], "task": {"id": 1, "project": 1, "data": {}}}).encode()
            asyncio.run(self.store.put_bytes(NewObject("team", key, "etag"), body))
            saved.append(key)

    def sync(self) -> None:
        """Do what a cycle does, with a push that lands."""
        seq = self._settle()
        bundle = Changes(self.store).bundle(seq)
        if bundle is None:
            return
        parent, commit = self.branch.commits[-1], f"c{len(self.branch.commits)}"
        findings = tuple(find(each, self.ledger.older) for each in bundle.readings)
        position = max(bundle.seq, self.ledger.position)
        for edit in plan(bundle.readings, self.ledger.known(findings)):
            if isinstance(edit, PutAnnotation):
                self.branch.keys.add(str(edit.annotation.id))
            else:
                self.branch.keys.discard(str(edit.annotation_id))
        self.ledger.begin(Attempt(commit, parent, position, bundle.seq, findings, frozenset()))
        self.branch.commits.append(commit)
        self.branch.positions[self.ledger.instance] = position
        self._settle()

    def _settle(self) -> int:
        return settle(Tip(self.branch.commits[-1]), self.branch, self.ledger)

    def close(self) -> None:
        self.ledger.close()
        asyncio.run(self.store.close())


def copy(database: Path, to: Path) -> None:
    with closing(sqlite3.connect(database)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)


@settings(max_examples=60, deadline=None)
@given(before=STEPS, between=STEPS, after=STEPS, restored=STEPS, is_restarted=st.booleans())
def test_nothing_acknowledged_after_a_restore_is_left_out(
    before: list[str], between: list[str], after: list[str], restored: list[str], *, is_restarted: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, branch = Path(name) / "data", Branch()
        index, ledger, saved = DataFolder(folder).index, folder / "sync.db", list[str]()
        service = Service(folder, branch)
        service.run(before, saved)
        copy(index, Path(name) / "index")
        service.run(between, saved)
        copy(ledger, Path(name) / "ledger")
        service.run(after, saved)
        service.close()
        there = set(branch.keys)
        shutil.copy(Path(name) / "index", index)
        shutil.copy(Path(name) / "ledger", ledger)

        service, count = Service(folder, branch), len(saved)
        service.run(restored, saved)
        if is_restarted:
            service.close()
            service = Service(folder, branch)
        service.run(["save", "sync", "sync"], saved)

        assert set(saved[count:]) <= branch.keys
        assert there <= branch.keys
        assert service.ledger.synced_seq == service.store.last_seq()
        service.close()
