"""The bounded numbers of labels stay right, whatever changes come."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.dataset.label_numbers import MOST_LABELS, LabelNumbers
from dvc_sync_s3.dataset.labels import LONGEST_LABEL

_LABELS = st.sampled_from([f"label {number}" for number in range(130)] + ["x" * LONGEST_LABEL, "x" * 61, "y" * 900])
_STEPS = st.lists(st.lists(st.tuples(_LABELS, st.integers(0, 3)), max_size=120), max_size=6)


@given(_STEPS)
def test_a_listed_label_has_its_whole_count_and_the_sum_has_all_others(steps: list[list[tuple[str, int]]]) -> None:
    exact, numbers = Counter[str](), LabelNumbers()
    for step in steps:
        wanted = Counter(exact)
        for label, many in step:
            wanted[label] = many
        change = {label: wanted[label] - exact[label] for label in wanted}
        exact, numbers = wanted, numbers.plus(change)

        assert numbers.are_possible
        assert len(numbers.listed) <= MOST_LABELS
        assert all(len(label) <= LONGEST_LABEL and exact[label] == many for label, many in numbers.listed.items())
        assert numbers.others == sum(exact.values()) - sum(numbers.listed.values())


def test_the_labels_that_were_listed_are_listed_again_then_the_most_frequent() -> None:
    everything = {f"label {number}": 200 - number for number in range(150)}

    numbers = LabelNumbers().plus(everything, preferred={"label 149"})

    assert "label 149" in numbers.listed
    assert "label 98" in numbers.listed
    assert "label 99" not in numbers.listed


def test_wrong_numbers_are_found_out() -> None:
    assert not LabelNumbers().plus({"cat": -1}).are_possible
    assert not LabelNumbers({}, others=1).plus({"cat": -2}).are_possible
    assert not LabelNumbers({"x" * 61: 1}).are_possible
