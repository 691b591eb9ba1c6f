"""What holds for every merge."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.dataset.canonical import canonical
from dvc_sync_s3.dataset.merge import Merged, homes, merge
from dvc_sync_s3.dataset.model import Annotation, Edit, PutAnnotation, RecordId, RemoveAnnotation, WhenEmpty
from dvc_sync_s3.dataset.task import task_digest
from tests.unit.dataset.edits import digest_of, patched, records_of, said

_LABELS = st.sampled_from(["a", "b", "c"])
_KNOWN = st.none() | _LABELS


@st.composite
def _datasets(draw: st.DrawFn) -> dict[RecordId, bytes]:
    records = []
    for task in draw(st.sets(st.integers(1, 3))):
        numbers = draw(st.sets(st.integers(1, 3)))
        fields: dict[str, Any] = {"id": task, "annotations": [said(draw(_LABELS), number) for number in numbers]}
        fields |= draw(st.sampled_from([{"project": 3}, {}]))
        fields |= draw(st.fixed_dictionaries({}, optional={"predictions": st.just([1]), "data": st.just({"t": 0})}))
        records.append(fields)
    return records_of(*records)


@st.composite
def _edits(draw: st.DrawFn) -> list[Edit]:
    """Return edits of different annotations; of one task all edits know the same version, as in one bundle."""
    edits: list[Edit] = []
    for task in draw(st.sets(st.integers(1, 3))):
        ours: dict[str, Any] = {"id": task, "project": 3, "data": {"t": draw(st.integers(0, 1))}}
        ours_before = draw(st.sampled_from([None, task_digest(ours), task_digest({})]))
        when_empty = draw(st.sampled_from(WhenEmpty))
        for number in draw(st.sets(st.integers(1, 3), min_size=1)):
            label, known = draw(_LABELS), draw(_KNOWN)
            before = None if known is None else digest_of(known, number)
            ours_now = Annotation(number, said(label, number), digest_of(label, number))
            edits.append(
                PutAnnotation(RecordId(3, task), ours, task_digest(ours), ours_before, ours_now, before)
                if draw(st.booleans())
                else RemoveAnnotation(RecordId(3, task), number, before, when_empty)
            )
    return edits


@given(_datasets(), _edits(), st.randoms(use_true_random=False))
def test_the_order_of_edits_of_different_annotations_does_not_matter(
    dataset: dict[RecordId, bytes], edits: list[Edit], random: Any
) -> None:
    shuffled = random.sample(edits, len(edits))

    one, other = merge(dataset, edits), merge(dataset, shuffled)

    assert one.patch == other.patch
    assert set(one.touched) == set(other.touched)
    assert set(one.conflicts) == set(other.conflicts)
    assert one.added_records == other.added_records


@given(_datasets(), _edits())
def test_the_same_edits_again_change_nothing(dataset: dict[RecordId, bytes], edits: list[Edit]) -> None:
    once = merge(dataset, edits)
    twice = merge(patched(dataset, once), edits)

    assert twice == Merged({}, (), (), frozenset())


@given(_datasets(), _edits())
def test_what_is_given_is_left_as_it_was(dataset: dict[RecordId, bytes], edits: list[Edit]) -> None:
    before = copy.deepcopy((dataset, edits))

    merge(dataset, edits)

    assert (dataset, edits) == before


@given(_datasets(), _edits())
def test_a_merge_that_changes_no_byte_says_so(dataset: dict[RecordId, bytes], edits: list[Edit]) -> None:
    merged = merge(dataset, edits)

    after = patched(dataset, merged)
    assert bool(merged.patch) == (after != dataset)
    assert merged.added_records <= after.keys() - dataset.keys()


@given(_datasets(), _edits())
def test_only_records_at_the_homes_of_the_edits_matter(dataset: dict[RecordId, bytes], edits: list[Edit]) -> None:
    wanted = homes(edits)

    assert merge({name: line for name, line in dataset.items() if name in wanted}, edits) == merge(dataset, edits)


@given(_datasets(), _edits())
def test_what_the_annotators_changed_is_in_the_dataset(dataset: dict[RecordId, bytes], edits: list[Edit]) -> None:
    after = patched(dataset, merge(dataset, edits))

    for edit in edits:
        line = after.get(edit.record, b'{"annotations":[]}')
        annotations = json.loads(line)["annotations"]
        if isinstance(edit, RemoveAnnotation):
            assert edit.annotation_id not in [each["id"] for each in annotations]
        elif edit.annotation_before != edit.annotation.digest:
            assert canonical(dict(edit.annotation.fields)) in [canonical(each) for each in annotations]
