from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store.model import NewUpload, UploadsPage, UploadsRequest
from dvc_sync_s3.store.store import Store
from tests.contract.store.test_listing import DELIMITERS, KEYS, expected

_Entry = tuple[str, str]


def entries(page: UploadsPage) -> list[_Entry]:
    """Return (key, id) of uploads and (common prefix, nothing), in order."""
    uploads = [(upload.key, upload.upload_id) for upload in page.uploads]
    return in_order([*uploads, *((prefix, "") for prefix in page.common_prefixes)])


def in_order(found: list[_Entry]) -> list[_Entry]:
    return sorted(found, key=lambda entry: (entry[0].encode(), entry[1]))


def model(ids: dict[str, list[str]], prefix: str, delimiter: str) -> list[_Entry]:
    names = expected(set(ids), prefix, delimiter)
    # A key that ends with the delimiter is grouped by itself.
    groups = {name for name in names if delimiter and delimiter in name[len(prefix) :]}
    return in_order([(name, one) for name in names for one in ([""] if name in groups else ids[name])])


@settings(max_examples=40, deadline=None)
@given(
    counts=st.dictionaries(KEYS, st.integers(1, 3), max_size=8),
    prefix=st.just("") | KEYS,
    delimiter=DELIMITERS,
    limit=st.integers(1, 4),
)
def test_pages_put_together_list_what_a_model_lists(
    counts: dict[str, int], prefix: str, delimiter: str, limit: int
) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder), SystemClock())
            await store.start()
            await store.create_bucket("team")
            keys = [key for key, count in counts.items() for _ in range(count)]
            ids: dict[str, list[str]] = {}
            for upload in await asyncio.gather(*(store.create_upload(NewUpload("team", key)) for key in keys)):
                ids.setdefault(upload.key, []).append(upload.upload_id)
            listed: list[_Entry] = []
            after, after_upload_id = "", ""
            while True:
                page = store.uploads(UploadsRequest("team", prefix, delimiter, after, after_upload_id, limit))
                listed += entries(page)
                if page.next_after is None:
                    break
                after, after_upload_id = page.next_after, page.next_after_upload_id or ""
                assert (len(entries(page)), entries(page)[-1]) == (limit, (after, after_upload_id))
            await store.close()
            assert listed == model(ids, prefix, delimiter)

    asyncio.run(run())


@pytest.mark.anyio
async def test_a_key_marker_without_an_id_passes_over_all_uploads_of_the_key(store: Store) -> None:
    uploads = [await store.create_upload(NewUpload("team", key)) for key in ("a", "a", "b")]
    assert store.uploads(UploadsRequest("team", after="a")).uploads == (uploads[2],)
    first = min(uploads[:2], key=lambda upload: upload.upload_id)
    page = store.uploads(UploadsRequest("team", after="a", after_upload_id=first.upload_id, limit=1))
    assert {first, *page.uploads} == set(uploads[:2])
    assert store.uploads(UploadsRequest("team", limit=0)) == UploadsPage((), (), None, None)
    assert store.uploads(UploadsRequest("nobody")) == UploadsPage((), (), None, None)
