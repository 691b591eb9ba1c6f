"""One text per JSON value, so that equal values have equal bytes and equal digests.

Python's own `json` says what is right. `orjson`, several times faster, is asked first, and its answer taken only where
it can't differ: see `_quick_parse` and `_quick_text`.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from typing import NoReturn, cast

import orjson

from dvc_sync_s3.dataset.model import JsonValue

OBJECT_DEPTH = 100
"""Levels of nesting taken from an object; Label Studio needs about eight. Python's own limit varies with its caller."""
RECORD_DEPTH = OBJECT_DEPTH + 8
"""Levels of nesting in a record, in which an annotation lies a little deeper than in its object."""
_SPACE = re.compile(r"[ \t\n\r]*")
_OPENING = re.compile(r"[ \t\n\r]*\[[ \t\n\r]*(\][ \t\n\r]*)?")
_SEPARATOR = re.compile(r"[ \t\n\r]*(?:,|(\]))[ \t\n\r]*")
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_INEXACT = b"0" * 19
"""Digits in a row from which on a whole number may not fit 64 bits: orjson would make it a float."""
_EXPONENT = re.compile(rb"(?:\A|[:,\[])-?[0-9]+(?:\.[0-9]+)?e")
_CONTAINERS = (dict, list)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


class NotJson(ValueError):
    """Say in a few words why bytes are not JSON, or why a value has no canonical text."""


class TooDeep(NotJson):
    """Say that a value has more levels of nesting than are taken."""

    def __init__(self) -> None:
        super().__init__("it is nested too deep")


def canonical(value: JsonValue) -> bytes:
    r"""Return `value` as UTF-8 JSON on one line: keys sorted, no spaces.

    Half of a surrogate pair has no UTF-8 and is escaped. `value` is as `parse` returns it, which knows no NaN and no
    infinity. Raises NotJson for endless nesting.

    >>> canonical({"b": "é", "a": [1, 2.5, None]}).decode()
    '{"a":[1,2.5,null],"b":"é"}'
    >>> canonical("\ud800")
    b'"\\ud800"'
    """
    text = _quick_text(value)
    if text is not None:
        return text
    try:
        return _ENCODER.encode(value).encode("utf-8", "backslashreplace")
    except RecursionError:
        raise TooDeep from None


def digest(value: JsonValue) -> str:
    """Return the SHA-256, in hexadecimal, of the canonical text of `value` with numbers taken by value.

    Tools write the same number as `20` or `20.0`; both have one digest. Raises NotJson as `canonical` does, and
    for more than RECORD_DEPTH levels.

    >>> digest({"x": 20}) == digest({"x": 20.0})
    True
    """
    text = canonical(value)
    if _brackets(text) > RECORD_DEPTH:
        check_depth(value, RECORD_DEPTH)
    if _may_hold_whole_float(text):
        text = canonical(_by_value(value))
    return hashlib.sha256(text).hexdigest()


def check_depth(value: JsonValue, limit: int) -> None:
    """Raise NotJson if `value` is nested more than `limit` levels deep."""
    level = [value]
    for _ in range(limit):
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
            if isinstance(child, _CONTAINERS)
        ]
        if not level:
            return
    raise TooDeep


def parse(body: bytes, levels: int | None = None) -> JsonValue:
    """Return the value of a strict JSON text in UTF-8, with or without a byte order mark; whole numbers stay exact.

    Of two equal keys in one object the last counts, as in every common reader. Raises NotJson, also if there are more
    than `levels` levels of nesting.
    """
    value = _quick_parse(body)
    if value is None:
        value = _careful_parse(body)
    if levels is not None and _brackets(body) > levels:
        check_depth(value, levels)
    return value


def parse_array(body: bytes) -> Iterator[JsonValue]:
    """Yield the elements of a JSON array one by one, read as by `parse`, never holding all of them.

    A whole array of 360 MB takes 2.5 GB as Python objects. Raises NotJson, possibly after some elements.
    """
    text = _text(body)
    del body  # as large as the dataset
    opening = _OPENING.match(text)
    if opening is None:
        raise NotJson("it is not a list")
    end, closed, row = opening.end(), opening[1] is not None, 0
    while not closed:
        row += 1
        try:
            value, end = _decode(text, end)
        except NotJson as error:
            raise NotJson(f"in row {row}, {error}") from None
        yield value
        separator = _SEPARATOR.match(text, end)
        if separator is None:
            raise NotJson(f"a comma or its end is missing at character {end}")
        end, closed = separator.end(), separator[1] is not None
    if end != len(text):
        raise NotJson(f"it goes on after its end, at character {end}")


def _quick_parse(body: bytes) -> JsonValue:
    """Return what a strict JSON text says if orjson reads it as `json` does, None if only `json` can tell."""
    if _INEXACT in body.translate(_ZEROS):
        return None
    try:
        return cast("JsonValue", orjson.loads(body))
    except orjson.JSONDecodeError:  # broken, or a byte order mark, half of a surrogate pair, deep nesting
        return None


def _careful_parse(body: bytes) -> JsonValue:
    text = _text(body)
    value, end = _decode(text, _skip(text, 0))
    if _skip(text, end) != len(text):
        raise NotJson(f"it goes on after its end, at character {end}")
    return value


def _quick_text(value: JsonValue) -> bytes | None:
    """Return the canonical text of `value` if orjson writes it as `json` does, None if only `json` can tell."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a whole number of more than 64 bits, half of a surrogate pair, deep nesting
        return None
    # Of numbers below 0.0001, and of those with an exponent, each library has its own spelling.
    if b"0.0000" in text or (b"0e" in text.translate(_ZEROS) and _EXPONENT.search(text)):
        return None
    return text


def _may_hold_whole_float(text: bytes) -> bool:
    """Tell whether a canonical text holds `20.0` or `1e+16`; text in quotes may look like it."""
    return b".0," in text or b".0}" in text or b".0]" in text or b"e+" in text or text.endswith(b".0")


def _brackets(text: bytes) -> int:
    """Return how many levels of nesting a JSON text can have at most."""
    return text.count(b"[") + text.count(b"{")


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson(f"it is not UTF-8 at byte {error.start}") from None
    if not text or text.isspace():
        raise NotJson("it is empty")
    return text


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match is not None
    return match.end()


def _decode(text: str, position: int) -> tuple[JsonValue, int]:
    try:
        return cast("tuple[JsonValue, int]", _DECODER.raw_decode(text, position))
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise TooDeep from None
    except NotJson:
        raise
    except ValueError:  # sys.set_int_max_str_digits
        raise NotJson("a number has too many digits") from None


def _by_value(value: JsonValue) -> JsonValue:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: _by_value(child) for key, child in value.items()}
    return [_by_value(child) for child in value] if isinstance(value, list) else value


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotJson(f"the number {text[:20]} is too large")
    return number


def _refuse(name: str) -> NoReturn:
    raise NotJson(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)
