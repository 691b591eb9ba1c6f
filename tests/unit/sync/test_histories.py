"""Random histories of annotators and data scientists on one branch, against a model a person can check by reading it.

Plan, merge, ledger and settle are the real ones; the bucket is a dictionary and the branch a list of commits.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dvc_sync_s3.dataset.annotation import read_object
from dvc_sync_s3.dataset.merge import merge
from dvc_sync_s3.dataset.model import Conflict, RecordId
from dvc_sync_s3.dataset.record import parse_line, render, take_apart
from dvc_sync_s3.git.model import Tip
from dvc_sync_s3.store.model import Change, ChangeKind
from dvc_sync_s3.sync.attempt import Attempt
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.plan import Reading, find, plan
from dvc_sync_s3.sync.settle import settle

PROJECT = 3
TASKS = st.integers(1, 3)
SLOTS = st.integers(0, 1)
LABELS = st.sampled_from("abc")
MOMENTS = st.sampled_from(["nothing", "rejected", "answer lost", "crash before the push"])
Labels = dict[int, str]
"""Annotation id to label; annotations 10 to 31 are Label Studio's, of task 1 to 3."""


@dataclass(frozen=True)
class Commit:
    """A state of the branch; `position` is what its history carries for us."""

    name: str
    records: dict[RecordId, bytes]
    position: int


@dataclass
class Branch:
    """The branch's history, oldest first, and what commits there were: names are never used twice."""

    commits: list[Commit] = field(default_factory=lambda: [Commit("c0", {}, 0)])
    made: int = 0

    @property
    def tip(self) -> Commit:
        return self.commits[-1]

    def add(self, records: dict[RecordId, bytes], position: int | None = None) -> str:
        self.made += 1
        name = f"c{self.made}"
        self.commits.append(Commit(name, records, self.tip.position if position is None else position))
        return name

    def position(self, instance: str) -> int | None:
        return self.tip.position or None

    def contains(self, commit: str) -> bool:
        return commit in [one.name for one in self.commits]


class Histories(RuleBasedStateMachine):
    """Writers in any order; after each sync the branch is as the model says."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(Path(self.folder.name))
        self.ledger._db.execute("PRAGMA synchronous=OFF")  # power cuts are another test's matter
        self.branch = Branch()
        self.objects: dict[str, tuple[int, bytes | None]] = {}
        self.unreadable: set[str] = set()
        self.seq = 0
        # The model: what the bucket says, what we last synced of it (absent: nothing known), and the seq that did.
        self.bucket: Labels = {}
        self.synced: dict[int, str | None] = {}
        self.synced_at: dict[int, int] = {}
        self.told: dict[int, int] = {}
        self.expected: Labels = {}
        self.splits: dict[int, str] = {}

    @initialize(shapes=st.tuples(*(st.sampled_from(["annotation", "task"]),) * 3))
    def choose_shapes(self, shapes: tuple[str, ...]) -> None:
        """Each task is saved in one of the two forms of Label Studio's objects."""
        self.shapes = dict(zip((1, 2, 3), shapes, strict=True))

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    # Annotators

    @rule(task=TASKS, slot=SLOTS, label=LABELS)
    def save(self, task: int, slot: int, label: str) -> None:
        self.bucket[task * 10 + slot] = label
        self._put(task, task * 10 + slot)

    @rule(task=TASKS, slot=SLOTS)
    def delete(self, task: int, slot: int) -> None:
        if self.bucket.pop(task * 10 + slot, None) is not None:
            self._put(task, task * 10 + slot)

    @rule(task=TASKS, slot=SLOTS)
    def press_sync(self, task: int, slot: int) -> None:
        """Label Studio sends what it has once more."""
        if task * 10 + slot in self.bucket:
            self._put(task, task * 10 + slot)

    @precondition(lambda self: self.objects)
    @rule(data=st.data(), body=st.sampled_from([b"<html>", b'{"id":NaN}', b'{"id":']))
    def spoil(self, data: st.DataObject, body: bytes) -> None:
        """Put what can't be read at an object's key: until it can be again, what was synced of it stays."""
        key = data.draw(st.sampled_from(sorted(self.objects)))
        self.seq += 1
        self.objects[key] = self.seq, body
        self.unreadable.add(key)

    def _key(self, number: int) -> str:
        return f"{number // 10}.json" if self.shapes[number // 10] == "task" else str(number)

    def _put(self, task: int, number: int) -> None:
        self.seq += 1
        self.unreadable.discard(self._key(number))
        mine = {each: label for each, label in self.bucket.items() if each // 10 == task}
        if self.shapes[task] == "task":
            listed = [{**said(each, label), "task": task} for each, label in mine.items()]
            body = json.dumps({**fields_of(task), "annotations": listed}).encode() if mine else None
            self.objects[f"{task}.json"] = self.seq, body
            self.told |= dict.fromkeys((task * 10, task * 10 + 1), self.seq)
            return
        label = mine.get(number)
        body = None if label is None else json.dumps({**said(number, label), "task": fields_of(task)}).encode()
        self.objects[str(number)] = self.seq, body
        self.told[number] = self.seq

    # Data scientists

    @precondition(lambda self: self.expected)
    @rule(data=st.data(), label=st.sampled_from(["a", "b", "c", "theirs"]))
    def relabel(self, data: st.DataObject, label: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.expected)))
        self._edit(number // 10, lambda record: _annotation(record, number).update(said(number, label)))
        self.expected[number] = label

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def remove_annotation(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.expected)))
        self._edit(number // 10, lambda record: record["annotations"].remove(_annotation(record, number)))
        del self.expected[number]

    @precondition(lambda self: self.branch.tip.records)
    @rule(data=st.data(), split=st.sampled_from(["train", "test"]))
    def give_a_split(self, data: st.DataObject, split: str) -> None:
        task = data.draw(st.sampled_from(sorted(name.task for name in self.branch.tip.records)))
        self._edit(task, lambda record: record.update(split=split))
        self.splits[task] = split

    @precondition(lambda self: self.branch.tip.records)
    @rule(data=st.data())
    def remove_record(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(sorted(name.task for name in self.branch.tip.records)))
        self.branch.add({name: line for name, line in self.branch.tip.records.items() if name.task != task})
        self.expected = {number: label for number, label in self.expected.items() if number // 10 != task}
        self.splits.pop(task, None)

    @precondition(lambda self: len(self.branch.commits) > 1)
    @rule(back=st.integers(1, 4))
    def set_back(self, back: int) -> None:
        """Force the branch back: what it loses of theirs is lost by their will, what it loses of ours comes again.

        We have read the branch before: a push that landed, and was taken back unseen, would need a ledger in the model.
        """
        settle(Tip(self.branch.tip.name), self.branch, self.ledger)
        del self.branch.commits[max(1, len(self.branch.commits) - back) :]
        tip = self.branch.tip
        held = {name.task: parse_line(line) for name, line in tip.records.items()}
        self.expected = {number: _label(one) for of in held.values() for number, one in of.annotations.items()}
        self.splits = {task: str(of.fields["split"]) for task, of in held.items() if "split" in of.fields}
        if self.ledger.position > tip.position:
            self.synced |= {number: None for number, seq in self.synced_at.items() if seq > tip.position}

    def _edit(self, task: int, change: Any) -> None:
        records = dict(self.branch.tip.records)
        record: Any = json.loads(records[RecordId(PROJECT, task)])
        change(record)
        records[RecordId(PROJECT, task)] = render(take_apart(record))
        self.branch.add(records)

    # Both at once, which chance alone brings about too rarely

    @precondition(lambda self: self.expected.keys() & self.bucket.keys())
    @rule(data=st.data(), theirs=st.sampled_from(["b", "theirs"]), ours=LABELS | st.none())
    def change_the_same(self, data: st.DataObject, theirs: str, ours: str | None) -> None:
        self._change_both(data.draw(st.sampled_from(sorted(self.expected.keys() & self.bucket.keys()))), theirs, ours)

    @rule(task=TASKS, slot=SLOTS, theirs=st.sampled_from(["b", "theirs"]), ours=LABELS | st.none())
    def change_what_both_know(self, task: int, slot: int, theirs: str, ours: str | None) -> None:
        """Both change a version that both know, between two syncs that nothing disturbs."""
        number = task * 10 + slot
        self.save(task, slot, "a")
        self.sync("nothing")
        self.sync("nothing")
        if number in self.expected:
            self._change_both(number, theirs, ours)
            self.sync("nothing")

    def _change_both(self, number: int, theirs: str, ours: str | None) -> None:
        self._edit(number // 10, lambda record: _annotation(record, number).update(said(number, theirs)))
        self.expected[number] = theirs
        if ours is None:
            self.delete(number // 10, number % 10)
        else:
            self.save(number // 10, number % 10, ours)

    @precondition(lambda self: self.branch.tip.records)
    @rule(data=st.data(), split=st.sampled_from(["train", "test"]))
    def give_a_split_and_delete(self, data: st.DataObject, split: str) -> None:
        self.give_a_split(data, split)
        for number in [number for number in self.bucket if number // 10 in self.splits]:
            self.delete(number // 10, number % 10)

    # Us

    @rule(moment=MOMENTS)
    def sync(self, moment: str) -> None:
        seq = settle(Tip(self.branch.tip.name), self.branch, self.ledger)
        readings = [_reading(key, *put) for key, put in self.objects.items() if put[0] > seq]
        if not readings:
            return
        findings = tuple(find(each) for each in readings)
        merged = merge(self.branch.tip.records, plan(readings, self.ledger.known(findings)))
        reached = max(each.change.seq for each in readings)
        if not merged.patch:
            self.ledger.covered(findings, reached)
            self._sync_model(seq, merged.conflicts)
            return
        after = {name: line for name, line in {**self.branch.tip.records, **merged.patch}.items() if line is not None}
        name, parent = f"c{self.branch.made + 1}", self.branch.tip.name
        self.ledger.begin(Attempt(name, parent, reached, reached, findings, merged.added_records))
        if moment in {"rejected", "crash before the push"}:
            self.branch.made += 1  # that commit will never be on the branch
            if moment == "rejected":
                self.branch.add(dict(self.branch.tip.records))
            return
        self.branch.add(after, reached)
        self._sync_model(seq, merged.conflicts)
        if moment != "answer lost":
            settle(Tip(name), self.branch, self.ledger)

    def _sync_model(self, seq: int, conflicts: tuple[Conflict, ...]) -> None:
        """What only annotators changed is taken, and what both changed too, but told."""
        told = {conflict.annotation_id for conflict in conflicts}
        told_since = [number for number, at in self.told.items() if at > seq]
        for number in [number for number in told_since if self._key(number) not in self.unreadable]:
            ours, base, theirs = self.bucket.get(number), self.synced.get(number), self.expected.get(number)
            if ours != base:
                if theirs not in {None, base, ours} and not (ours is None and base is None):
                    assert number in told, "overwritten without a word"
                if ours is None:
                    self.expected.pop(number, None)
                else:
                    self.expected[number] = ours
            elif number in self.synced and ours is None:
                self.expected.pop(number, None)
            self.synced_at[number] = self.told[number]
            if ours is None:
                self.synced.pop(number, None)
            else:
                self.synced[number] = ours
        assert told <= self.told.keys()

    @invariant()
    def the_branch_is_as_the_model_says(self) -> None:
        held = {name.task: parse_line(line) for name, line in self.branch.tip.records.items()}
        labels = {number: _label(one) for of in held.values() for number, one in of.annotations.items()}
        assert labels == self.expected
        assert {task: of.fields["split"] for task, of in held.items() if "split" in of.fields} == self.splits


def said(number: int, label: str) -> dict[str, Any]:
    region = {"type": "choices", "value": {"choices": [label]}}
    return {"id": number, "result": [region], "completed_by": 1, "project": PROJECT}


def fields_of(task: int) -> dict[str, Any]:
    return {"id": task, "project": PROJECT, "data": {"text": f"text {task}"}, "total_annotations": task}


def _annotation(record: Any, number: int) -> Any:
    return next(one for one in record["annotations"] if one["id"] == number)


def _label(annotation: Any) -> str:
    label: str = annotation["result"][0]["value"]["choices"][0]
    return label


def _reading(key: str, seq: int, body: bytes | None) -> Reading:
    kind = ChangeKind.DELETE if body is None else ChangeKind.PUT
    change = Change(seq, kind, "b", key, datetime(2026, 11, 23, tzinfo=UTC))
    return Reading(change, None if body is None else read_object(key, body))


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=150, stateful_step_count=20, deadline=None)
