from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store.model import ListPage, ListRequest
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import keys, put

PIECES = st.sampled_from(["a", "b", "/", "//", "é", "\U0001f600", "￿", "\U0010ffff", "\ud7ff", "\0", "Z", "a/b"])
KEYS = st.lists(PIECES, min_size=1, max_size=5).map("".join)
DELIMITERS = st.sampled_from(["", "/", "a", "//"]) | KEYS


def expected(all_keys: set[str], prefix: str, delimiter: str, after: str = "") -> list[str]:
    """Say what S3 lists, by the slowest way: name everything that is after, group, sort by bytes."""
    entries = set()
    for key in all_keys:
        if key.startswith(prefix) and key.encode() > after.encode():
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            entries.add(key if end < 0 else key[: end + len(delimiter)])
    return sorted(entries - {after}, key=str.encode)


def names(page: ListPage) -> list[str]:
    return sorted([*page.common_prefixes, *(stored.key for stored in page.objects)], key=str.encode)


@settings(max_examples=60, deadline=None)
@given(
    all_keys=st.sets(KEYS, max_size=12),
    removed=st.sets(KEYS, max_size=3),
    prefix=st.just("") | KEYS,
    delimiter=DELIMITERS,
    start=st.just("") | KEYS,
    limit=st.integers(1, 4),
)
def test_pages_put_together_list_what_a_model_lists(
    all_keys: set[str], removed: set[str], prefix: str, delimiter: str, start: str, limit: int
) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder), SystemClock())
            await store.start()
            await store.create_bucket("team")
            await asyncio.gather(*(put(store, key, b"") for key in all_keys | removed))
            await asyncio.gather(*(store.delete("team", key) for key in removed))
            listed: list[str] = []
            after: str | None = start
            while after is not None:
                page = store.list(ListRequest("team", prefix, delimiter, after, limit))
                assert len(names(page)) <= limit
                assert page.next_after is None or page.next_after == names(page)[-1]
                listed += names(page)
                after = page.next_after
            assert listed == expected(all_keys - removed, prefix, delimiter, start)
            await store.close()

    asyncio.run(run())


@pytest.mark.anyio
async def test_a_page_of_no_keys_is_empty_and_ends(store: Store) -> None:
    await put(store, "318", b"")
    assert store.list(ListRequest("team", limit=0)) == ListPage((), (), None)
    assert store.list(ListRequest("nobody")) == ListPage((), (), None)


@pytest.mark.anyio
async def test_buckets_do_not_see_each_others_keys(store: Store) -> None:
    await store.create_bucket("other")
    await put(store, "1", b"")
    await put(store, "2", b"", bucket="other")
    assert (keys(store), keys(store, "other")) == (["1"], ["2"])
