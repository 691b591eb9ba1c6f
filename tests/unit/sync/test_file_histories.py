"""Random histories of a bucket and of data scientists on one folder, against a model a person can check by reading it.

Merge, ledger and settle are the real ones; the branch is a list of commits. The model: per path, what the bucket and
the branch said when they last agreed; whoever moved since wins, the bucket where both did.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dvc_sync_s3.dataset.files import FileContent, FileEdit, merge_files
from dvc_sync_s3.dataset.model import OnConflict
from dvc_sync_s3.git.model import Tip
from dvc_sync_s3.sync.attempt import Attempt
from dvc_sync_s3.sync.finding import Finding, KnownFile
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.settle import settle

KEYS = st.sampled_from("ab")
CONTENTS = st.sampled_from([None, "1", "2", "3"])
MOMENTS = st.sampled_from(["lands", "answer lost", "crash before the push"])
Files = dict[str, str]


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(Path(self.folder.name))
        self.commits: list[tuple[str, Files, int]] = [("c0", {}, 0)]
        self.made = 0
        self.seq = 0
        self.changes: dict[str, tuple[int, str | None]] = {}
        self.expected: Files = {}
        self.unsynced: dict[str, str | None] = {}
        """What the bucket said of a path before its changes that the branch doesn't hold."""

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    # What settle asks of the branch.
    def position(self, _: str) -> int:
        return max(position for _, _, position in self.commits)

    def contains(self, commit: str) -> bool:
        return commit in {name for name, _, _ in self.commits}

    @rule(key=KEYS, content=CONTENTS)
    def put_or_delete(self, key: str, content: str | None) -> None:
        said = self.changes.get(key, (0, None))[1]
        if said is None and content is None:
            return
        self.unsynced.setdefault(key, said)
        self.seq += 1
        self.changes[key] = self.seq, content

    @rule(key=KEYS, content=CONTENTS)
    def edit_by_hand(self, key: str, content: str | None) -> None:
        files = dict(self.commits[-1][1])
        _set(files, key, content)
        self._commit(files, 0)
        _set(self.expected, key, content)

    @rule(moment=MOMENTS)
    def sync(self, moment: str) -> None:
        if not self._is_done(moment):
            return
        for key, before in self.unsynced.items():
            now = self.changes[key][1]
            if now != before:
                _set(self.expected, key, now)
        self.unsynced.clear()

    @invariant()
    def the_branch_is_what_the_model_says(self) -> None:
        if not self.unsynced:
            assert self.commits[-1][1] == self.expected

    def _is_done(self, moment: str) -> bool:
        after = settle(Tip(self.commits[-1][0]), self, self.ledger)
        changed = {key: change for key, change in self.changes.items() if change[0] > after}
        if not changed:
            return True
        reached = max(seq for seq, _ in changed.values())
        findings = [_finding(key, seq, content) for key, (seq, content) in changed.items()]
        known = self.ledger.files([each.name for each in findings])
        edits = [FileEdit(each.key, each.file, known.get(each.name, KnownFile()).content) for each in findings]
        theirs = {key: _content(text).md5 for key, text in self.commits[-1][1].items()}
        merged = merge_files(theirs, edits, OnConflict.OURS)
        if not merged.patch:
            self.ledger.covered(findings, reached)
            return True
        files = dict(self.commits[-1][1])
        for key in merged.patch:
            _set(files, key, self.changes[key][1])
        parent, name = self.commits[-1][0], f"c{self.made + 1}"
        self.ledger.begin(Attempt(name, parent, reached, reached, tuple(findings), frozenset()))
        if moment == "crash before the push":
            self.made += 1
            return False
        self._commit(files, reached)
        if moment == "lands":
            settle(Tip(name), self, self.ledger)
        return True

    def _commit(self, files: Files, position: int) -> None:
        self.made += 1
        self.commits.append((f"c{self.made}", files, position))


def _set(files: Files, key: str, content: str | None) -> None:
    files.pop(key, None)
    if content is not None:
        files[key] = content


def _content(text: str) -> FileContent:
    return FileContent(text * 32, 1)


def _finding(key: str, seq: int, content: str | None) -> Finding:
    file = None if content is None else _content(content)
    return Finding("b", key, seq, content is None, None, None, None, (), file)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
