from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.dataset.canonical import (
    OBJECT_DEPTH,
    NotJson,
    canonical,
    check_depth,
    digest,
    parse,
    parse_array,
)
from dvc_sync_s3.dataset.model import JsonValue

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner),
    max_leaves=20,
)


@given(_VALUES)
def test_a_value_comes_back_from_its_canonical_text(value: JsonValue) -> None:
    text = canonical(value)

    assert parse(text) == value
    assert canonical(parse(text)) == text
    assert b"\n" not in text


@given(value=_VALUES, indent=st.sampled_from([None, 2]), ascii_only=st.booleans(), sort_keys=st.booleans())
def test_how_a_tool_formats_json_does_not_change_the_digest(
    *, value: JsonValue, indent: int | None, ascii_only: bool, sort_keys: bool
) -> None:
    reformatted = json.dumps(value, indent=indent, ensure_ascii=ascii_only, sort_keys=sort_keys)

    assert digest(parse(reformatted.encode())) == digest(value)


@pytest.mark.parametrize(("one", "other"), [(20, 20.0), (0, -0.0), (2**53, float(2**53)), ([1], [1.0])])
def test_a_number_has_one_digest_however_it_is_written(one: JsonValue, other: JsonValue) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, "1"), (1.5, 1), ({"a": None}, {}), ([1, 2], [2, 1])])
def test_different_values_have_different_digests(one: JsonValue, other: JsonValue) -> None:
    assert digest(one) != digest(other)


def test_a_digest_is_the_sha_256_of_the_canonical_text() -> None:
    # printf '{"a":"\303\251","b":1}' | sha256sum
    assert digest({"b": 1.0, "a": "é"}) == "aa58fba8483623bed37c1b02edfccbdd9a53123837c20bfa4cb4049993a2872e"


def test_half_a_surrogate_pair_survives() -> None:
    body = rb'{"text":"\ud83d, \ud83d\ude00"}'

    text = canonical(parse(body))

    assert text == b'{"text":"\\ud83d, ' + "😀".encode() + b'"}'
    assert parse(text) == parse(body)


def test_big_whole_numbers_stay_exact() -> None:
    assert canonical(parse(b"[123456789012345678901234567890]")) == b"[123456789012345678901234567890]"


def test_a_byte_order_mark_is_no_content() -> None:
    assert parse(b"\xef\xbb\xbf [1] ") == [1]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\xff{}", "it is not UTF-8 at byte 0"),
        ("{}".encode("utf-16"), "it is not UTF-8 at byte 0"),
        (b'{"a":}', "Expecting value at line 1 column 6"),
        (b"{} {}", "it goes on after its end, at character 2"),
        (b"[NaN]", "NaN is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b"[1e999]", "the number 1e999 is too large"),
        (b"[" * 100_000, "it is nested too deep"),
        (b"9" * 5000, "a number has too many digits"),
    ],
)
def test_what_is_not_json_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(NotJson) as refused:
        parse(body)

    assert str(refused.value) == reason


_NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e-3, 1e-3) | st.floats(-1e20, 1e20)
_ANY_TEXT = st.text(st.characters() | st.sampled_from('eE+-.0123456789[]{},:"\\'))


@given(
    st.recursive(_NUMBERS | st.integers() | _ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner))
)
def test_the_canonical_text_is_what_pythons_own_encoder_writes(value: JsonValue) -> None:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    assert canonical(value) == text.encode("utf-8", "backslashreplace")


@given(_VALUES | _NUMBERS | _ANY_TEXT, st.data())
def test_what_is_json_is_what_pythons_own_decoder_says(value: JsonValue, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    at = data.draw(st.integers(0, len(text)))
    text = (
        text[:at]
        + data.draw(st.sampled_from(["", "0", "-", ".", "e", "1" * 20, '"', ",", "]", "\\", "\x00"]))
        + text[at:]
    )
    body = text.encode("utf-8", "surrogatepass")

    assert _told(parse, body) == _told(_by_json, body)


def _told(read: Callable[[bytes], JsonValue], body: bytes) -> str:
    """Its value, types and the sign of zero included, or that it has none."""
    try:
        return repr(read(body))
    except ValueError:
        return "not JSON"


def _by_json(body: bytes) -> JsonValue:
    value: JsonValue = json.loads(body.decode(), parse_float=_finite, parse_constant=_finite)
    return value


def _finite(text: str) -> float:
    if not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)


def test_nesting_is_limited_before_python_limits_it() -> None:
    value: JsonValue = 1
    for _ in range(OBJECT_DEPTH):
        value = [value]
    check_depth(value, OBJECT_DEPTH)

    with pytest.raises(NotJson, match="nested too deep"):
        check_depth([value], OBJECT_DEPTH)
    for _ in range(10_000):
        value = {"a": value}
    with pytest.raises(NotJson, match="nested too deep"):
        digest(value)
    with pytest.raises(NotJson, match="nested too deep"):
        canonical(value)


@given(st.lists(_VALUES), st.sampled_from([None, 1]))
def test_an_array_is_read_element_by_element(values: list[JsonValue], indent: int | None) -> None:
    assert list(parse_array(json.dumps(values, indent=indent).encode())) == values


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b"{}", "it is not a list"),
        (b"[1 2]", "a comma or its end is missing at character 2"),
        (b"[1", "a comma or its end is missing at character 2"),
        (b"[1,]", "in row 2, Expecting value at line 1 column 4"),
        (b"[1,", "in row 2, Expecting value at line 1 column 4"),
        (b"[", "in row 1, Expecting value at line 1 column 2"),
        (b"[1] 2", "it goes on after its end, at character 4"),
        (b"[] 2", "it goes on after its end, at character 3"),
        (b"[Infinity]", "in row 1, Infinity is not a JSON number"),
    ],
)
def test_what_is_not_an_array_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(NotJson) as refused:
        list(parse_array(body))

    assert str(refused.value) == reason
