"""What a request names, read from its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import USUAL_NAMES, Headers, head_of, parse_query, parse_request, split_path
from tests.unit.s3.asgi import refusal_of, scope_of


@pytest.mark.parametrize(
    ("path", "bucket", "key"),
    [
        (b"/", None, None),
        (b"", None, None),
        (b"/b", "b", None),
        (b"/b/", "b", None),
        (b"/b/k/", "b", "k/"),
        (b"/b//k", "b", "/k"),
        (b"//b/k", None, "b/k"),
        (b"/b/a+b%20c%2Bd", "b", "a+b c+d"),
        (b"/b/..%2f..%2fetc", "b", "../../etc"),
        (b"/..%2fb/k", "../b", "k"),
        (b"/b/%00", "b", "\0"),
        (b"/b/%", "b", "%"),
    ],
)
def test_a_key_is_never_normalised(path: bytes, bucket: str | None, key: str | None) -> None:
    assert split_path(path) == (bucket, key)


@given(st.binary())
def test_any_path_is_read_or_refused(path: bytes) -> None:
    assert refusal_of(lambda: split_path(path)) in {None, "InvalidURI"}


@given(st.binary())
def test_any_query_is_read_or_refused(query: bytes) -> None:
    assert refusal_of(lambda: parse_query(query)) in {None, "InvalidURI"}


def test_a_server_that_gives_no_raw_path_will_do() -> None:
    scope = scope_of("GET", "http://x/")
    del scope["raw_path"]
    scope["path"] = "/b/a é"

    request = parse_request(head_of(scope), "id")

    assert request.raw_path == b"/b/a%20%C3%A9"
    assert request.key == "a é"


def read_headers(raw: list[tuple[bytes, bytes]]) -> Headers:
    return parse_request(head_of({**scope_of("GET", "http://x/"), "headers": raw}), "id").headers


def test_a_header_that_came_twice_is_one_list() -> None:
    assert read_headers([(b"x-amz-meta-a", b"1"), (b"x-amz-meta-b", b""), (b"x-amz-meta-a", b" 2")]) == {
        "x-amz-meta-a": "1,2",
        "x-amz-meta-b": "",
    }


@given(st.binary())
def test_a_header_value_can_be_given_back_as_it_came(value: bytes) -> None:
    assert read_headers([(b"a", value)])["a"].encode("latin-1") == value.strip(b" \t")


def test_the_usual_names_of_headers_are_what_lower_case_makes_of_them() -> None:
    assert USUAL_NAMES
    assert all(name.lower().decode() == usual for name, usual in USUAL_NAMES.items())


def test_headers_may_have_16_kib_and_no_more() -> None:
    assert read_headers([(b"a", b"x" * 16383)])
    with pytest.raises(S3Error, match="RequestHeaderSectionTooLarge"):
        read_headers([(b"a", b"x" * 16384)])
    with pytest.raises(S3Error, match="RequestHeaderSectionTooLarge"):
        read_headers([(b"a", b"x" * 100)] * 1_000_000)
