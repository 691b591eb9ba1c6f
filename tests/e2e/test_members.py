"""Three members and the service push to one branch over HTTP, all at once: at the end everybody's work is there.

Members use real Git. What `dvc add` and `dvc push` would write they write themselves, since those take
seconds; the last pull is the real one.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from dvc_sync_s3.dvc.pointer import read_pointer, write_pointer
from tests.e2e.conftest import StartService
from tests.e2e.servers.annotations import annotation_object
from tests.e2e.servers.git_server import GitServer
from tests.e2e.servers.service import Service
from tests.e2e.servers.team import BRANCH, DATASET, Clone, DvcRemote, TeamRepository

MEMBERS = ("ada", "bo", "cy")
COMMITS_EACH = 66
COMMITS_A_PUSH = 2
ANNOTATIONS = 50
MOST_TRIES = 60
Records = list[dict[str, Any]]


class Member:
    """A data scientist who edits and pushes, and begins anew when someone was faster."""

    def __init__(self, name: str, clone: Clone, remote: Path) -> None:
        self.name = name
        self.clone = clone
        self.remote = remote
        self.random = random.Random(name)  # noqa: S311 - the same edits in every run
        self.marks: dict[int, int] = {}

    def work(self, ours: int) -> None:
        """Push COMMITS_EACH edits: a task of their own each, and a mark in one of the annotators' tasks."""
        for first in range(0, COMMITS_EACH, COMMITS_A_PUSH):
            marks = {number: self.random.randrange(1, ours + 1) for number in range(first, first + COMMITS_A_PUSH)}
            self._push(marks)

    def _push(self, marks: Mapping[int, int]) -> None:
        """Push one commit for each edit of `marks`: its number, and the task to mark if that is there."""
        for attempt in range(MOST_TRIES):
            self.clone.git("fetch", "-q", "origin", BRANCH)
            self.clone.git("reset", "-q", "--hard", "FETCH_HEAD")
            done = {marked: number for number, marked in marks.items() if self._commit(number, marked)}
            try:
                self.clone.git("push", "-q", "origin", f"HEAD:{BRANCH}")
            except AssertionError:
                Event().wait(self.random.uniform(0, 0.02 * 2 ** min(attempt, 5)))  # it only spreads retries
                continue
            self.marks |= done
            return
        raise AssertionError(f"{self.name} was outrun {MOST_TRIES} times")

    def _commit(self, number: int, marked: int) -> bool:
        """Commit one edit; return whether the task to mark was there."""
        pointer = self.clone.folder / f"{DATASET}.dvc"
        records: Records = json.loads(self._object(read_pointer(pointer.read_bytes(), DATASET).md5).read_bytes())
        is_marked = self._edit(records, number, marked)
        content = json.dumps(records, indent=1 if self.name == "bo" else None).encode()
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        stored = self._object(md5)
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_bytes(content)
        pointer.write_bytes(write_pointer(pointer.read_bytes(), DATASET, md5, len(content)))
        self.clone.git("commit", "-q", "-a", "-m", f"data: {self.name}'s edit {number}")
        return is_marked

    def _edit(self, records: Records, number: int, marked: int) -> bool:
        records.append({"id": 1000 + number, "project": 50 + MEMBERS.index(self.name), "data": {}, "annotations": []})
        for record in records:
            if (record["project"], record["id"]) == (1, marked):
                record[self.name] = number
                return True
        return False

    def _object(self, md5: str) -> Path:
        return self.remote / "files" / "md5" / md5[:2] / md5[2:]


def annotate(service: Service) -> dict[int, str]:
    """Save, change and delete annotations; return what is left."""
    left = {}
    for number in range(1, ANNOTATIONS + 1):
        service.put(str(number), annotation_object(number, "pos"))
        left[number] = "pos"
        if number % 3 == 0:
            service.put(str(number - 1), annotation_object(number - 1, "neg"))
            left[number - 1] = "neg"
        if number % 10 == 0:
            service.delete(str(number - 5))
            del left[number - 5]
    return left


@pytest.mark.timeout(600)
def test_nobody_s_work_is_lost_when_three_members_and_the_service_push_at_once(
    git_server: GitServer, team: TeamRepository, start_service: StartService, folder_remote: DvcRemote
) -> None:
    service = start_service({"BUNDLE_COUNTDOWN": "1"})
    service.put("1", annotation_object(1, "pos"))
    service.wait_until_synced()
    members = [Member(name, team.clone(name), Path(folder_remote.url)) for name in MEMBERS]
    for member in members:
        member.clone.git("remote", "set-url", "origin", git_server.url_with_token(team.name))

    with ThreadPoolExecutor(len(members) + 1) as running:
        work = [running.submit(member.work, ANNOTATIONS) for member in members]
        left = running.submit(annotate, service).result()
        for each in work:
            each.result()
    service.wait_until_synced()

    scientist = team.clone("dana")
    scientist.dvc_pull()
    dataset: Any = scientist.dataset()
    labels = {
        one["id"]: one["result"][0]["value"]["choices"][0]
        for record in dataset
        if record["project"] == 1
        for one in record["annotations"]
    }
    assert labels == left
    for member in members:
        assert {r["id"]: r[member.name] for r in dataset if member.name in r} == member.marks
    theirs = sorted((record["project"], record["id"]) for record in dataset if record["project"] >= 50)
    assert theirs == [(50 + m, 1000 + number) for m in range(len(MEMBERS)) for number in range(COMMITS_EACH)]
    assert team.git("rev-list", "--merges", BRANCH) == ""
    of_members = [team.git("log", "--format=%s", f"--author={member.name}", BRANCH) for member in members]
    assert [len(set(subjects.splitlines())) for subjects in of_members] == [COMMITS_EACH] * len(MEMBERS)
    assert team.commits() >= 200
