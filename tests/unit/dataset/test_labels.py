from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.dataset.labels import annotator, labels
from dvc_sync_s3.dataset.model import Annotator, JsonValue

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_REGION = st.fixed_dictionaries(
    {"value": st.dictionaries(st.sampled_from(["choices", "taxonomy", "labels", "x"]), _JSON) | _JSON},
    optional={"type": _JSON | st.just("choices")},
)


@pytest.mark.parametrize(
    ("name", "found"),
    [("text_choices", ("pos",)), ("image_bbox", ("cat",))],
)
def test_the_labels_of_a_real_annotation_are_found(
    sample: Callable[[str], bytes], name: str, found: tuple[str, ...]
) -> None:
    assert labels(json.loads(sample(name))) == found


def test_half_an_emoji_is_spelt_out_in_labels_and_names() -> None:
    half = "cat \ud83d"
    assert labels({"result": [{"value": {"choices": [half]}}]}) == (r"cat \ud83d",)
    assert labels({"result": [{"value": {"taxonomy": [[half, "a"]]}}]}) == (r"cat \ud83d/a",)
    assert annotator({"completed_by": {"first_name": half, "email": "a@b.c"}}) == Annotator(r"cat \ud83d", "a@b.c")


@pytest.mark.parametrize(
    ("region", "found"),
    [
        ({"type": "polygonlabels", "value": {"points": [[1, 2]], "polygonlabels": ["b", "a"]}}, ("a", "b")),
        ({"type": "labels", "value": {"start": 1, "text": "x", "labels": ["PER"]}}, ("PER",)),
        ({"type": "videorectangle", "value": {"sequence": [], "labels": ["car"]}}, ("car",)),
        ({"type": "taxonomy", "value": {"taxonomy": [["animal", "cat"], ["plant"]]}}, ("animal/cat", "plant")),
        ({"type": "custom", "value": {"custom": ["mine"]}}, ("mine",)),
        ({"type": "textarea", "value": {"text": ["what somebody typed"]}}, ()),
        ({"type": "rating", "value": {"rating": 4}}, ()),
        ({"type": "relation", "from_id": "a", "to_id": "b", "labels": ["near"]}, ()),
    ],
)
def test_every_kind_of_label_is_found_and_typed_text_is_not(region: Any, found: tuple[str, ...]) -> None:
    assert labels({"result": [region]}) == found


def test_a_label_counts_once_for_an_annotation() -> None:
    region: JsonValue = {"type": "choices", "value": {"choices": ["a"]}}

    assert labels({"result": [region, region]}) == ("a",)


@given(st.lists(_REGION | _JSON) | _JSON)
def test_labels_of_any_result_are_sorted_words(result: Any) -> None:
    found = labels({"result": result})

    assert list(found) == sorted(set(found))


@pytest.mark.parametrize(
    ("completed_by", "who"),
    [
        ({"id": 1, "first_name": " Ann ", "last_name": "Lee", "email": "a@b.c"}, Annotator("Ann Lee", "a@b.c")),
        ({"id": 1, "first_name": "", "last_name": "", "email": "a@b.c"}, Annotator("", "a@b.c")),
        ({"id": 1}, Annotator("user 1", "")),
        (1, Annotator("user 1", "")),
        (True, None),
        ({}, None),
        ({"first_name": 3}, None),
        (None, None),
        ("ann", None),
    ],
)
def test_an_annotator_is_named_as_well_as_label_studio_does(completed_by: Any, who: Annotator | None) -> None:
    assert annotator({"completed_by": completed_by}) == who
