"""Whatever botocore signs, we verify; whatever is changed afterwards, we refuse. botocore shares nothing with us."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from hypothesis import assume, given
from hypothesis import strategies as st

from dvc_sync_s3.s3.sigv4.verify import Keyring, verify
from tests.conformance.signing import ACCESS_KEY_ID, SECRET, presign, sign
from tests.unit.s3.asgi import refusal_of, request_of

KEYRING = Keyring({ACCESS_KEY_ID: SECRET})
METHODS = st.sampled_from(["GET", "PUT", "HEAD", "DELETE", "POST"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
QUERIES = st.lists(
    st.tuples(st.sampled_from(["acl", "prefix", "Prefix", "a b", "é", "marker", "x-id"]), TEXT), max_size=4
)
HEADER_NAMES = st.sampled_from(["x-amz-meta-a", "X-Amz-Meta-B", "content-type", "Cache-Control", "x-amz-acl"])
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)
HEADERS = st.dictionaries(HEADER_NAMES, PRINTABLE, max_size=4)


def url_of(key: str, query: list[tuple[str, str]]) -> str:
    words = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    return f"http://127.0.0.1:8000/bucket/{quote(key, safe='/~')}" + (f"?{words}" if words else "")


def refusal(method: str, url: str, headers: dict[str, str]) -> str | None:
    return refusal_of(lambda: verify(request_of(method, url, headers), KEYRING, datetime.now(UTC)))


@given(METHODS, KEYS, QUERIES, HEADERS)
def test_what_botocore_signs_in_a_header_holds(
    method: str, key: str, query: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    url = url_of(key, query)

    assert refusal(method, url, sign(method, url, headers)) is None


@given(METHODS, KEYS, QUERIES)
def test_what_botocore_signs_in_a_query_holds(method: str, key: str, query: list[tuple[str, str]]) -> None:
    # botocore keeps one value of each name when it presigns.
    assume(len({name for name, _ in query}) == len(query))

    assert refusal(method, presign(method, url_of(key, query)), {}) is None


@given(METHODS, KEYS, QUERIES, KEYS)
def test_another_key_is_not_what_was_signed(method: str, key: str, query: list[tuple[str, str]], other: str) -> None:
    assume(key != other)
    headers = sign(method, url_of(key, query))

    assert refusal(method, url_of(other, query), headers) == "SignatureDoesNotMatch"


@given(METHODS, KEYS, QUERIES, QUERIES)
def test_another_query_is_not_what_was_signed(
    method: str, key: str, query: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    assume(sorted(query) != sorted(other))
    headers = sign(method, url_of(key, query))

    assert refusal(method, url_of(key, other), headers) == "SignatureDoesNotMatch"


@given(KEYS, HEADERS, PRINTABLE)
def test_another_header_is_not_what_was_signed(key: str, headers: dict[str, str], value: str) -> None:
    url = url_of(key, [])
    signed = sign("PUT", url, {**headers, "x-amz-meta-c": "as signed"})
    assume(" ".join(value.split()) != "as signed")

    assert refusal("PUT", url, {**signed, "x-amz-meta-c": value}) == "SignatureDoesNotMatch"
