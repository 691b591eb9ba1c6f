"""Which annotations become the dataset."""

from __future__ import annotations

import pytest

from dvc_sync_s3.dataset.model import Annotation, Labelled, RecordId
from dvc_sync_s3.dataset.selection import EVERYTHING, GroundTruth, Selection, Skips


def kept(selection: Selection) -> list[int]:
    annotations = (
        Annotation(1, {"was_cancelled": False, "ground_truth": False}, "a"),
        Annotation(2, {"was_cancelled": True, "ground_truth": False}, "b"),
        Annotation(3, {"was_cancelled": False, "ground_truth": True}, "c"),
        Annotation(4, {}, "d"),
    )
    return [each.id for each in selection.of(Labelled(RecordId(1, 1), {}, "t", annotations)).annotations]


@pytest.mark.parametrize(
    ("place", "name", "is_in"),
    [
        ("labels", ("labels", "318"), True),
        ("labels", ("labels", "any/where/318"), True),
        ("labels", ("labels-old", "318"), False),
        ("labels/", ("labels", "318"), True),
        ("labels/reviews/", ("labels", "reviews/318"), True),
        ("labels/reviews/", ("labels", "reviews//318"), True),
        ("labels/reviews/", ("labels", "reviews-old/318"), False),
        ("labels/rev", ("labels", "reviews/318"), True),
        ("labels/reviews/", ("other", "reviews/318"), False),
    ],
)
def test_a_place_is_a_bucket_or_the_beginning_of_a_key(place: str, name: tuple[str, str], *, is_in: bool) -> None:
    assert Selection(("elsewhere", place)).looks_at(*name) is is_in


def test_as_it_comes_everything_is_selected() -> None:
    assert EVERYTHING.looks_at("any", "where")
    assert kept(EVERYTHING) == [1, 2, 3, 4]


def test_skipped_tasks_can_be_left_out() -> None:
    assert kept(Selection(skips=Skips.EXCLUDE)) == [1, 3, 4]


def test_what_is_left_out_is_told() -> None:
    content = Labelled(RecordId(1, 1), {}, "t", (Annotation(1, {"was_cancelled": True}, "a"), Annotation(2, {}, "b")))
    assert Selection(skips=Skips.EXCLUDE).of(content).left_out == {1}


def test_ground_truth_alone_can_be_taken() -> None:
    assert kept(Selection(ground_truth=GroundTruth.ONLY)) == [3]


def test_two_selections_have_one_name_if_they_select_the_same() -> None:
    names = {
        Selection(("a", "b")).name,
        Selection(("b", "a", "a")).name,
        Selection(("a", "b"), Skips.EXCLUDE).name,
        Selection(("a", "b"), ground_truth=GroundTruth.ONLY).name,
    }
    assert len(names) == 3
