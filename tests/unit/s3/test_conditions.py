"""Dates and tags that come from anywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.s3.conditions import delete_precondition, is_not_modified, is_range_wanted, write_precondition
from dvc_sync_s3.s3.ranges import parse_range
from dvc_sync_s3.store.model import StoredObject
from tests.unit.s3.asgi import refusal_of

FOUND = StoredObject("b", "k", 1, 10, "e" * 32, datetime(2026, 11, 23, 12, 0, 0, 999, tzinfo=UTC), None, (), (), ())
ANY_DATE = st.text() | st.from_regex(r"Mon, \d{1,2} Jan \d{1,5} \d\d:\d\d:\d\d (GMT|[+-]\d{1,20})", fullmatch=True)


@given(ANY_DATE)
def test_a_date_no_clock_shows_counts_as_not_sent(date: str) -> None:
    assert is_not_modified(FOUND, {"if-modified-since": date}) in {True, False}
    assert is_range_wanted(FOUND, {"if-range": date}) in {True, False}


def test_a_date_is_compared_by_the_second() -> None:
    assert is_not_modified(FOUND, {"if-modified-since": "Mon, 23 Nov 2026 12:00:00 GMT"})
    assert is_not_modified(FOUND, {"if-modified-since": "Mon, 23 Nov 2026 12:00:00 -0000"})
    assert not is_not_modified(FOUND, {"if-modified-since": "Mon, 23 Nov 2026 11:59:59 GMT"})


@given(st.text(), st.integers(0, 100))
def test_any_range_lies_within_the_object(header: str, size: int) -> None:
    for text in (header, f"bytes={header}"):
        refusal = refusal_of(partial(parse_range, text, size))
        assert refusal in {None, "InvalidRange"}
        found = None if refusal else parse_range(text, size)
        assert found is None or 0 <= found.first <= found.last < size


def test_a_write_without_conditions_checks_nothing() -> None:
    assert write_precondition({}) is None
    assert delete_precondition(None, None, None) is None


@pytest.mark.parametrize(
    ("headers", "current", "code"),
    [
        ({"if-none-match": "*"}, None, None),
        ({"if-none-match": "*"}, FOUND, "PreconditionFailed"),
        ({"if-none-match": FOUND.etag}, FOUND, "PreconditionFailed"),
        ({"if-none-match": '"other"'}, FOUND, None),
        ({"if-match": "*"}, None, "NoSuchKey"),
        ({"if-match": FOUND.etag}, FOUND, None),
        ({"if-match": f'"{FOUND.etag}"'}, FOUND, None),
        ({"if-match": '"other"'}, FOUND, "PreconditionFailed"),
        ({"if-match": f'"{FOUND.etag}"'}, None, "NoSuchKey"),
    ],
)
def test_a_write_with_conditions_looks_at_what_is_there(
    headers: dict[str, str], current: StoredObject | None, code: str | None
) -> None:
    check = write_precondition(headers)
    assert check is not None
    assert refusal_of(lambda: check(current)) == code


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ((FOUND.etag, None, None), None),
        (("*", "Mon, 23 Nov 2026 12:00:00 GMT", "10"), None),
        ((None, "2026-11-23T13:00:00.5+01:00", None), None),
        (("other", None, None), "PreconditionFailed"),
        ((FOUND.etag, "Mon, 23 Nov 2026 12:00:01 GMT", None), "PreconditionFailed"),
        ((FOUND.etag, None, "11"), "PreconditionFailed"),
    ],
)
def test_a_delete_with_conditions_looks_at_what_is_there(
    asked: tuple[str | None, str | None, str | None], code: str | None
) -> None:
    check = delete_precondition(*asked)
    assert check is not None
    assert refusal_of(lambda: check(FOUND)) == code
    assert refusal_of(lambda: check(None)) is None


@pytest.mark.parametrize("asked", [("yesterday", None), (None, "ten"), (None, "-1"), (None, "9" * 5000)])
def test_a_condition_that_can_not_be_read_deletes_nothing(asked: tuple[str | None, str | None]) -> None:
    assert refusal_of(lambda: delete_precondition(None, *asked)) == "InvalidArgument"
