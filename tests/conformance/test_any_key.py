"""Any key that S3 allows is kept, read, listed and removed as it is, over HTTP."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.conftest import Service
from tests.conformance.wire import call

PIECES = st.sampled_from(
    ["a", "b", "/", ".", "..", "%", "%2F", "+", " ", "&", "=", "?", "#", "\\", "é", "\U0001f600", "~"]
)
KEYS = (
    st.lists(PIECES, min_size=1, max_size=8).map("".join)
    | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)
).filter(lambda key: len(key.encode()) <= 1024)
_numbers = itertools.count(1)


def new_bucket(service: Service) -> str:
    """Make a bucket for one example: what another example left would be listed too."""
    name = f"any-key-{next(_numbers)}"
    asyncio.run(service.store.create_bucket(name))
    return name


def pages(s3: Any, operation: str, **asked: Any) -> Iterator[dict[str, Any]]:
    yield from s3.get_paginator(operation).paginate(**asked)


@settings(max_examples=80, deadline=None)
@given(KEYS)
def test_a_key_is_kept_as_it_is(service: Service, s3: Any, key: str) -> None:
    bucket = new_bucket(service)
    target = f"/{bucket}/{quote(key, safe='')}"

    assert call(service.url, "PUT", target, body=key.encode()).status == 200
    assert call(service.url, "GET", target).body == key.encode()
    for operation in ("list_objects", "list_objects_v2"):
        assert [found["Key"] for page in pages(s3, operation, Bucket=bucket) for found in page["Contents"]] == [key]
    assert call(service.url, "DELETE", target).status == 204
    assert call(service.url, "GET", target).status == 404


SHORT = st.text("ab/", min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(
    keys=st.sets(SHORT, max_size=10),
    prefix=st.just("") | SHORT,
    delimiter=st.sampled_from(["", "/", "a"]),
    limit=st.integers(1, 4),
)
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_pages_put_together_list_what_a_model_lists(
    service: Service, s3: Any, operation: str, keys: set[str], prefix: str, delimiter: str, limit: int
) -> None:
    bucket = new_bucket(service)
    for key in keys:
        call(service.url, "PUT", f"/{bucket}/{quote(key)}")

    asked = {"Bucket": bucket, "Prefix": prefix, "PaginationConfig": {"PageSize": limit}}
    if delimiter:
        asked["Delimiter"] = delimiter
    found = list(pages(s3, operation, **asked))

    assert all(len(page.get("Contents", [])) + len(page.get("CommonPrefixes", [])) <= limit for page in found)
    assert [item["Key"] for page in found for item in page.get("Contents", [])] == sorted(
        key for key in keys if key.startswith(prefix) and not (delimiter and delimiter in key[len(prefix) :])
    )
    assert [item["Prefix"] for page in found for item in page.get("CommonPrefixes", [])] == sorted(
        {
            key[: key.index(delimiter, len(prefix)) + len(delimiter)]
            for key in keys
            if delimiter and key.startswith(prefix) and delimiter in key[len(prefix) :]
        }
    )
