"""The tables of docs/explanation/merge.md are true: each row is run, for both kinds of objects and each setting."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dvc_sync_s3.dataset.annotation import read_object
from dvc_sync_s3.dataset.canonical import canonical
from dvc_sync_s3.dataset.layouts.reading import _dataset_of_elements
from dvc_sync_s3.dataset.merge import Merged, merge
from dvc_sync_s3.dataset.model import Conflict, OnConflict, RecordId
from dvc_sync_s3.dataset.record import Dataset
from dvc_sync_s3.store.model import Change, ChangeKind
from dvc_sync_s3.sync.finding import Known, KnownTask
from dvc_sync_s3.sync.plan import Reading, find, plan
from tests.unit.dataset.edits import patched

PAGE = Path(__file__).parents[2] / "docs/explanation/merge.md"
HERE = RecordId(project=3, task=5)
NOWHERE = "\N{EN DASH}"
UNKNOWN = "?"
Json = dict[str, Any]


def rows(heading: str) -> list[tuple[str, ...]]:
    """Return the cells of the table below a heading, without its head."""
    section = PAGE.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\|(.+)\|$", section, re.MULTILINE)[2:]
    assert lines
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines]


@dataclass(frozen=True, slots=True)
class Done:
    """The dataset after a merge, and what the merge says of it."""

    dataset: Dataset
    merged: Merged


@dataclass
class Case:
    """What the annotators' side said and says, and what the branch holds."""

    base: dict[int, Json]
    ours: dict[int, Json]
    theirs: list[Json]
    base_task: Json = field(default_factory=dict)
    ours_task: Json = field(default_factory=dict)
    is_known: bool = True
    is_added: bool = True
    older: int = 0

    def merged(self, objects: Callable[..., list[tuple[str, bytes | None]]], on_conflict: OnConflict) -> Done:
        """Plan and merge as a cycle does; merging the result again must change nothing."""
        synced = [reading(*one) for one in objects(self.base, self.base_task, {})]
        now = [reading(*one) for one in objects(self.ours, self.ours_task, self.base)]
        edits = plan(now, self._known(synced, now))
        before = dataset(self.theirs)
        merged = merge(before.records, edits, on_conflict)
        after = Dataset(patched(before.records, merged), before.others)
        assert merge(after.records, edits, on_conflict).patch == {}
        return Done(after, merged)

    def _known(self, synced: list[Reading], now: list[Reading]) -> Known:
        found = [find(one) for one in synced]
        names = frozenset[tuple[RecordId, int]]().union(*(one.annotations for one in found))
        held = {find(one).name: frozenset[tuple[RecordId, int]]() for one in now}
        held |= {one.name: one.annotations for one in found}
        holders = {name: frozenset(one.name for one in found if name in one.annotations) for name in names}
        digests = {
            (one.record, number): digest if self.is_known else None
            for one in found
            for number, digest in one.digests
            if one.record
        }
        tasks = {
            one.record: KnownTask(one.task_digest if self.is_known else None, self.is_added)
            for one in found
            if one.record and one.digests
        }
        return Known(held, holders, digests, tasks, older=self.older)


def reading(key: str, body: bytes | None) -> Reading:
    kind = ChangeKind.DELETE if body is None else ChangeKind.PUT
    change = Change(1, kind, "b", key, datetime(2026, 11, 23, tzinfo=UTC))
    return Reading(change, None if body is None else read_object(key, body))


def dataset(records: list[Any]) -> Dataset:
    return _dataset_of_elements(records)


def annotation_objects(
    annotations: dict[int, Json], task: Json, before: dict[int, Json]
) -> list[tuple[str, bytes | None]]:
    """One object for each annotation, its task inside; those that were there before and are not now are deleted."""
    put = [(str(n), json.dumps({**one, "task": own(task)}).encode()) for n, one in annotations.items()]
    return [*put, *((str(n), None) for n in before.keys() - annotations.keys())]


def task_object(annotations: dict[int, Json], task: Json, before: dict[int, Json]) -> list[tuple[str, bytes | None]]:
    """One object for the task, its annotations inside."""
    if not annotations:
        return [("5.json", None)] if before else []
    listed = [{**one, "task": 5} for one in annotations.values()]
    return [("5.json", json.dumps({**own(task), "annotations": listed}).encode())]


OBJECTS = pytest.mark.parametrize("objects", [annotation_objects, task_object])


def own(task: Json) -> Json:
    return {"id": 5, "project": 3, "data": {"text": "t"}, "total_annotations": 1, **task}


def said(label: str, number: int = 7) -> Json:
    region = {"type": "choices", "value": {"choices": [label]}}
    return {"id": number, "result": [region], "completed_by": 1, "project": 3}


BYSTANDER = said("bystander", 9)


def _modes(heading: str) -> list[Any]:
    return [
        pytest.param(*row[:3], on_conflict, expected, id=f"{' '.join(row[:3])} {on_conflict}: {expected}")
        for row in rows(heading)
        for on_conflict, expected in zip(OnConflict, row[3:6], strict=True)
    ]


def _is_told(done: Done, conflict: Conflict, *, is_told: bool) -> bool:
    return done.merged.conflicts == ((conflict,) if is_told else ())


@OBJECTS
@pytest.mark.parametrize(("base", "theirs", "ours", "on_conflict", "expected"), _modes("One annotation"))
def test_an_annotation_is_merged_as_the_table_says(
    objects: Any, base: str, theirs: str, ours: str, on_conflict: OnConflict, expected: str
) -> None:
    def held(content: str) -> dict[int, Json]:
        return {9: BYSTANDER} | ({} if content == NOWHERE else {7: said(content)})

    case = Case(
        base=held("A" if base == UNKNOWN else base),
        ours=held(ours),
        theirs=[{**own({}), "annotations": list(held(theirs).values())}],
        is_known=base != UNKNOWN,
    )

    done = case.merged(objects, on_conflict)

    annotations = json.loads(done.dataset.records[HERE])["annotations"]
    rest = [one for one in annotations if one.get("id") != 9]
    names = [one["result"][0]["value"]["choices"][0] + ("" if "id" in one else "*") for one in rest]
    assert names == [name for name in expected.split() if name not in {"!", NOWHERE}]
    assert all(one["conflict_with"] == 7 for one in rest if "id" not in one)
    assert _is_told(done, Conflict(HERE, 7, stands=on_conflict), is_told="!" in expected)


UPDATED = {
    "earlier": ("T09:00:00Z", "T09:00:00.5Z"),
    "later": ("T10:00:00Z", "T09:59:00.5+00:00"),
    "at the same time": ("T09:00:00Z", "T09:00:00Z"),
    "not told": ("T09:00:00Z", None),
}


@OBJECTS
@pytest.mark.parametrize("on_conflict", OnConflict)
@pytest.mark.parametrize(("theirs", "ours", "updated", "expected", "_words"), rows("One annotation after a restore"))
def test_an_object_of_a_restored_index_gives_way_as_the_table_says(
    objects: Any, theirs: str, ours: str, updated: str, expected: str, _words: str, on_conflict: OnConflict
) -> None:
    def held(content: str, time: str | None) -> dict[int, Json]:
        stamp = {} if time is None else {"updated_at": f"2026-11-23{time}"}
        return {9: BYSTANDER} | ({} if content == NOWHERE else {7: said(content) | stamp})

    our_time, their_time = UPDATED[updated]
    base = held("A", our_time) if ours == NOWHERE else {}
    case = Case(
        base, held(ours, our_time), [{**own({}), "annotations": list(held(theirs, their_time).values())}], older=1
    )

    done = case.merged(objects, OnConflict.OURS if "!" in expected and expected[0] == ours else on_conflict)

    found = {
        one["id"]: one["result"][0]["value"]["choices"][0]
        for one in json.loads(done.dataset.records[HERE])["annotations"]
    }
    assert found.get(7) == expected[0]
    stands = OnConflict.OURS if expected[0] == ours else OnConflict.THEIRS
    assert _is_told(done, Conflict(HERE, 7, stands=stands), is_told="!" in expected)


@OBJECTS
@pytest.mark.parametrize(("base", "theirs", "ours", "on_conflict", "expected"), _modes("One field of a task"))
def test_a_task_s_field_is_merged_as_the_table_says(
    objects: Any, base: str, theirs: str, ours: str, on_conflict: OnConflict, expected: str
) -> None:
    def task(content: str) -> Json:
        return {} if content == NOWHERE else {"meta": content}

    is_first = base == NOWHERE
    case = Case(
        base={} if is_first else {7: said("A")},
        ours={7: said("B")},
        theirs=[{**own(task(theirs)), "annotations": [] if is_first else [said("A")]}],
        base_task=task("A" if base == UNKNOWN else base),
        ours_task=task(ours),
        is_known=base != UNKNOWN,
        is_added=not is_first,
    )

    done = case.merged(objects, on_conflict)

    record = json.loads(done.dataset.records[HERE])
    assert record.get("meta", NOWHERE) == expected.split(maxsplit=1)[0]
    stands = OnConflict.THEIRS if on_conflict is OnConflict.THEIRS else OnConflict.OURS
    told = [one for one in done.merged.conflicts if one.task_field is not None]
    assert told == ([Conflict(HERE, task_field="meta", stands=stands)] if "!" in expected else [])


BESIDES: dict[str, Json] = {
    "nothing": {},
    "predictions": {"predictions": [{"result": []}]},
    "a field of theirs": {"split": "train"},
    "their change of a field": {"data": {"text": "cleaned"}},
    "an element without id": {"annotations": [said("A"), {"result": []}]},
    "counters from an export": {"total_annotations": 7, "is_labeled": True, "predictions": [], "drafts": []},
}


@OBJECTS
@pytest.mark.parametrize(("record", "besides", "then"), rows("A record whose last annotation is deleted"))
def test_a_record_goes_or_stays_as_the_table_says(objects: Any, record: str, besides: str, then: str) -> None:
    theirs = {**own({}), "annotations": [said("A")], **BESIDES[besides]}
    case = Case({7: said("A")}, {}, [theirs], is_added=record == "came through us")

    done = case.merged(objects, OnConflict.OURS)

    assert (HERE in done.dataset.records) is (then == "stays")
    if then == "stays":
        assert 7 not in [one.get("id") for one in json.loads(done.dataset.records[HERE])["annotations"]]


def partly_readable(holds: str) -> list[tuple[str, bytes | None]]:
    """One task's object, as a cell tells what it holds."""
    if holds == "unreadable":
        return [("5.json", b"<html>")]
    numbers = [] if holds == NOWHERE else [None if each == "!" else int(each) for each in holds.split()]
    return [("5.json", json.dumps({**own({}), "annotations": [n and said("A", n) for n in numbers]}).encode())]


@pytest.mark.parametrize(("held", "holds", "then", "is_listed"), rows("An object that can't be read"))
def test_an_object_that_cannot_be_read_does_as_the_table_says(held: str, holds: str, then: str, is_listed: str) -> None:
    base = {} if held == NOWHERE else {int(each): said("A", int(each)) for each in held.split()}
    now: list[tuple[str, bytes | None]] = [("5.json", None)] if "deleted" in holds else partly_readable(holds)
    before = partly_readable(held) if base else []
    case = Case(base, {}, [{**own({}), "annotations": list(base.values())}] if base else [])

    done = case.merged(lambda annotations, *_: before if annotations is case.base else now, OnConflict.OURS)

    found = [json.loads(line) for line in done.dataset.records.values()]
    assert [one["id"] for record in found for one in record["annotations"]] == [
        int(each) for each in then.split() if each != NOWHERE
    ]
    assert (find(reading(*now[0])).skipped is not None) is (is_listed == "yes")


CARRIED: dict[str, Callable[[Json], list[Any]]] = {
    "predictions": lambda record: [{**record, "predictions": [{"result": [], "score": 0.5}]}],
    "drafts": lambda record: [{**record, "drafts": [1]}],
    "meta of theirs": lambda record: [{**record, "meta": {"source": "web"}}],
    "a field that nobody knows": lambda record: [{**record, "split": ["train", {"fold": 1.50}]}],
    "an annotation of theirs": lambda record: [{**record, "annotations": [*record["annotations"], said("B", 8)]}],
    "an annotation without id": lambda record: [{**record, "annotations": [*record["annotations"], {"result": []}]}],
    "an element of annotations that is no object": lambda record: [
        {**record, "annotations": [*record["annotations"], "a note"]}
    ],
    "a task without annotations": lambda record: [record, {"id": 4, "project": 3, "data": {}, "annotations": []}],
    "a task of another project": lambda record: [record, {**record, "project": 4}],
    "a task without id": lambda record: [record, {"data": {"text": "no id"}}],
    "an element that is no object": lambda record: [record, "a note"],
}
EDITS = ["adds another", "changes one", "deletes one", "changes the task"]


@OBJECTS
@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize(("what",), rows("What is carried along"))  # noqa: PT006 - a row has one cell
def test_what_is_beside_an_edit_is_carried_along(objects: Any, what: str, edit: str) -> None:
    base = {7: said("A"), 9: BYSTANDER}
    case = Case(base, base, CARRIED[what]({**own({}), "annotations": [said("A"), BYSTANDER]}))
    case = {
        "adds another": replace(case, ours={**base, 6: said("C", 6)}),
        "changes one": replace(case, ours={**base, 7: said("C")}),
        "deletes one": replace(case, ours={9: BYSTANDER}),
        "changes the task": replace(case, ours_task={"data": {"text": "new"}}),
    }[edit]

    done = case.merged(objects, OnConflict.OURS)

    assert done.merged.patch
    assert done.merged.conflicts == ()
    before, after = (list(_parts(each)) for each in (dataset(case.theirs), done.dataset))
    parts: list[Any] = [said("A"), {"text": "t"}, 1]
    edited = {canonical(part) for part in parts}
    assert [part for part in before if part not in after and part not in edited] == []


def _parts(of: Dataset) -> Iterator[bytes]:
    """Every field, annotation and element, each as text."""
    for line in (*of.records.values(), *of.others):
        value = json.loads(line)
        if not isinstance(value, dict):
            yield canonical(value)
            continue
        yield from (canonical(each) for name, each in value.items() if name != "annotations")
        yield from map(canonical, value.get("annotations", []))


def test_the_page_has_every_combination_of_three_versions() -> None:
    def shape(row: tuple[str, ...]) -> tuple[str, ...]:
        names = dict[str, str]({NOWHERE: NOWHERE})
        return tuple(names.setdefault(cell, "ABC"[len(names) - 1]) for cell in row[:3])

    possible = {shape(each) for each in itertools.product([NOWHERE, "A", "B", "C"], repeat=3)}
    impossible = {(NOWHERE, NOWHERE, NOWHERE), (NOWHERE, "A", NOWHERE)}  # nothing of ours, then or now
    listed = {shape(row) for row in rows("One annotation") if row[0] != UNKNOWN}
    assert possible - listed == impossible
