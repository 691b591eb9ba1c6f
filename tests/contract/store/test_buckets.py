from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dvc_sync_s3.store.errors import BucketNotEmpty, NoSuchBucket
from dvc_sync_s3.store.model import Bucket, ChangeKind, ListRequest
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import get, keys, names_in, put
from tests.contract.store.conftest import StillClock

pytestmark = pytest.mark.anyio


async def test_a_deleted_bucket_is_gone_with_its_folder(store: Store, folder: Path) -> None:
    await put(store, "out/318", b"x")
    store.publish()
    await store.delete("team", "out/318")
    await store.delete_bucket("team")
    assert store.buckets() == ()
    assert not store.has_bucket("team")
    with pytest.raises(NoSuchBucket):
        await put(store, "318", b"x")
    store.publish()
    assert not (folder / "team").exists()


async def test_a_bucket_that_never_had_a_folder_is_deleted_all_the_same(store: Store, folder: Path) -> None:
    await store.delete_bucket("team")
    store.publish()
    assert not (folder / "team").exists()
    assert store.buckets() == ()


async def test_a_bucket_with_objects_is_not_deleted(store: Store) -> None:
    await put(store, "318", b"x")
    with pytest.raises(BucketNotEmpty):
        await store.delete_bucket("team")
    assert get(store, "318") == b"x"
    with pytest.raises(NoSuchBucket):
        await store.delete_bucket("nobody")


async def test_a_bucket_is_not_deleted_under_a_put(store: Store) -> None:
    results = await asyncio.gather(put(store, "318", b"x"), store.delete_bucket("team"), return_exceptions=True)
    assert isinstance(results[0], NoSuchBucket) != isinstance(results[1], BucketNotEmpty)
    assert store.has_bucket("team") == (keys(store) == ["318"])


async def test_the_deletions_of_a_deleted_bucket_stay_changes(store: Store) -> None:
    await put(store, "318", b"x")
    seq = await store.delete("team", "318")
    await store.delete_bucket("team")
    store.publish()
    assert [(change.seq, change.kind, change.key) for change in store.changes(0, 10)] == [
        (seq, ChangeKind.DELETE, "318")
    ]


async def test_a_deleted_bucket_can_be_made_again_and_starts_empty(
    store: Store, folder: Path, clock: StillClock
) -> None:
    await put(store, "old", b"x")
    await store.put_bucket_document("team", "cors", b"<CORS/>")
    store.publish()
    await store.delete("team", "old")
    await store.delete_bucket("team")
    clock.move(60)
    assert await store.create_bucket("team") is True
    await put(store, "new", b"y")
    store.publish()
    assert store.buckets() == (Bucket("team", clock.now()),)
    assert (keys(store), store.bucket_document("team", "cors")) == (["new"], None)
    assert [path.name for path in (folder / "team").iterdir()] == ["new"]


async def test_the_folder_of_a_deleted_bucket_stays_if_someone_put_a_file_there(store: Store, folder: Path) -> None:
    await put(store, "318", b"x")
    store.publish()
    (folder / "team/notes.txt").write_text("mine")
    await store.delete("team", "318")
    await store.delete_bucket("team")
    store.publish()
    assert [path.name for path in (folder / "team").iterdir()] == ["notes.txt"]


async def test_the_folder_of_a_bucket_deleted_before_a_crash_is_removed_after_the_next_start(
    folder: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Store(folder, clock)
    await first.start()
    await first.create_bucket("team")
    await put(first, "318", b"x")
    first.publish()
    monkeypatch.setattr("dvc_sync_s3.store.publisher.Publisher.publish", lambda _: 0)
    await first.delete("team", "318")
    await first.delete_bucket("team")
    await first.close()
    monkeypatch.undo()
    assert (folder / "team/318").exists()
    second = Store(folder, clock)
    await second.start()
    second.publish()
    assert not (folder / "team").exists()
    await second.close()


async def test_documents_are_kept_with_their_bucket_over_a_restart(folder: Path, clock: StillClock) -> None:
    first = Store(folder, clock)
    await first.start()
    for bucket in ("team", "other"):
        await first.create_bucket(bucket)
    await first.put_bucket_document("team", "cors", b"<CORS/>")
    await first.put_bucket_document("team", "tagging", b"\x00\xff")
    await first.put_bucket_document("team", "cors", b"")
    await first.close()
    second = Store(folder, clock)
    await second.start()
    assert (second.bucket_document("team", "cors"), second.bucket_document("team", "tagging")) == (b"", b"\x00\xff")
    assert second.bucket_document("other", "cors") is None
    await second.put_bucket_document("team", "tagging", None)
    assert second.bucket_document("team", "tagging") is None
    with pytest.raises(NoSuchBucket):
        await second.put_bucket_document("nobody", "cors", b"")
    await second.close()


async def test_a_thousand_small_buckets_are_each_their_own(store: Store, folder: Path) -> None:
    names = [f"bucket-{number:04}" for number in range(1_000)]
    await asyncio.gather(*(store.create_bucket(name) for name in names))
    await asyncio.gather(*(put(store, "318", name.encode(), bucket=name) for name in names))
    assert [bucket.name for bucket in store.buckets()] == [*names, "team"]
    assert all(get(store, "318", name) == name.encode() for name in names)
    assert all(len(store.list(ListRequest(name, delimiter="/")).objects) == 1 for name in names[::97])
    store.publish()
    await asyncio.gather(*(store.delete(name, "318") for name in names))
    await asyncio.gather(*(store.delete_bucket(name) for name in names))
    store.publish()
    assert [bucket.name for bucket in store.buckets()] == ["team"]
    assert names_in(folder) == {".dvc-sync-s3"}
