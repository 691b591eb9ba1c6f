from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import tracemalloc
from pathlib import Path

import pytest
from msgspec.structs import replace

from dvc_sync_s3.s3.xml import timestamp
from dvc_sync_s3.store.errors import BodyLost, NoSuchBucket
from dvc_sync_s3.store.incoming import SMALL_BYTES, Incoming
from dvc_sync_s3.store.model import ListedObject, ListRequest, NewObject, ObjectPart, StoredObject
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import get, keys, md5, put
from tests.contract.store.conftest import StillClock

pytestmark = pytest.mark.anyio

BODIES = {"empty": b"", "small": b"{}", "edge": b"e" * SMALL_BYTES, "large": b"l" * (SMALL_BYTES + 1)}


class Refused(Exception):
    pass


def must_be_absent(current: StoredObject | None) -> None:
    if current is not None:
        raise Refused


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_body_reads_back_before_and_after_it_became_a_plain_file(
    store: Store, folder: Path, body: bytes
) -> None:
    await put(store, "out/318", body)
    assert get(store, "out/318") == body
    store.publish()
    assert get(store, "out/318") == body
    assert (folder / "team/out/318").read_bytes() == body


async def test_what_was_read_is_at_hand_until_anyone_writes_anything(store: Store, folder: Path) -> None:
    await put(store, "318", b"old")
    store.publish()
    assert store.at_hand("team", "318") is None
    assert get(store, "318") == b"old"
    stored, body = store.at_hand("team", "318") or (None, b"")
    assert (stored, body) == (store.head("team", "318"), b"old")
    other = Store(folder, StillClock(), wake_publisher=lambda: None)
    await other.start()
    try:
        await put(other, "318", b"new")
    finally:
        await other.close()
    assert store.at_hand("team", "318") is None
    assert get(store, "318") == b"new"


async def test_everything_said_of_an_object_is_kept_over_a_restart(folder: Path, clock: StillClock) -> None:
    new = NewObject(
        "team",
        "é 318",
        md5(b"x"),
        content_type="image/png",
        headers=(("cache-control", "no-store"), ("content-language", "de")),
        metadata=(("annotator", "Zoë"),),
        checksums=(("CRC32", "7bJhLw=="),),
        tags=(("project", "7"), ("Ärger", "")),
        checksum_type="COMPOSITE",
        parts=(ObjectPart(1, 5 << 20, (("CRC32", "7bJhLw=="),)), ObjectPart(3, 17)),
    )
    first = Store(folder, clock)
    await first.start()
    await first.create_bucket("team")
    async with first.receive() as incoming:
        await incoming.write(b"x")
        stored = await first.put(new, incoming)
    instance_id = first.instance_id()
    await first.close()
    second = Store(folder, clock)
    await second.start()
    assert second.head("team", "é 318") == stored
    assert (stored.metadata, stored.headers, stored.checksums) == (new.metadata, new.headers, new.checksums)
    assert (stored.tags, stored.checksum_type, stored.parts) == (new.tags, new.checksum_type, new.parts)
    assert second.list(ListRequest("team")).objects == (
        ListedObject("é 318", 1, stored.etag, timestamp(clock.now()), new.headers, ("CRC32",), "COMPOSITE", None),
    )
    assert (stored.modified_at, stored.size, stored.content_type) == (clock.now(), 1, "image/png")
    assert second.instance_id() == instance_id
    await second.close()


async def test_overwriting_replaces_the_body_and_leaves_one_object(store: Store, folder: Path) -> None:
    for body in BODIES.values():
        await put(store, "318", body)
        store.publish()
    await put(store, "318", b"last")
    assert get(store, "318") == b"last"
    store.publish()
    assert keys(store) == ["318"]
    assert (folder / "team/318").read_bytes() == b"last"
    assert list((folder / ".dvc-sync-s3/staging").iterdir()) == []


async def test_a_deleted_object_is_gone_with_its_plain_file_and_the_folders_it_emptied(
    store: Store, folder: Path
) -> None:
    await put(store, "a/b/c", b"1")
    await put(store, "a/d", b"2")
    store.publish()
    seq = await store.delete("team", "a/b/c")
    assert seq == store.last_seq()
    assert get(store, "a/b/c") is None
    assert keys(store) == ["a/d"]
    store.publish()
    assert sorted(path.name for path in (folder / "team").rglob("*")) == ["a", "d"]
    await store.delete("team", "a/d")
    store.publish()
    assert list((folder / "team").iterdir()) == []


async def test_new_tags_are_no_change_of_the_object(store: Store, clock: StillClock) -> None:
    stored = await put(store, "318", b"x")
    clock.move(60)
    for is_published in (False, True):
        if is_published:
            store.publish()
        tags = (("published", str(is_published)),)
        assert await store.set_tags("team", "318", tags) is True
        assert store.head("team", "318") == replace(stored, tags=tags)
        assert store.last_seq() == stored.seq
        assert get(store, "318") == b"x"
    assert await store.set_tags("team", "318", ()) is True
    assert store.head("team", "318") == stored


async def test_tags_are_for_objects_that_exist_and_end_with_them(store: Store) -> None:
    assert await store.set_tags("team", "318", (("a", "b"),)) is False
    with pytest.raises(NoSuchBucket):
        await store.set_tags("nobody", "318", ())
    await put(store, "318", b"x")
    await store.set_tags("team", "318", (("a", "b"),))
    assert (await put(store, "318", b"y")).tags == ()
    stored = store.head("team", "318")
    assert stored is not None
    assert stored.tags == ()


async def test_deleting_what_does_not_exist_writes_nothing(store: Store) -> None:
    before = store.last_seq()
    assert await store.delete("team", "never") is None
    assert store.last_seq() == before
    assert store.changes(0, 10) == ()


async def test_a_write_to_a_missing_bucket_is_refused(store: Store) -> None:
    with pytest.raises(NoSuchBucket):
        await put(store, "318", b"x", bucket="nobody")
    with pytest.raises(NoSuchBucket):
        await store.delete("nobody", "318")


async def test_a_bucket_is_new_once_and_never_has_a_hidden_or_climbing_name(store: Store) -> None:
    assert await store.create_bucket("images") is True
    assert await store.create_bucket("images") is False
    for name in ("..", ".dvc-sync-s3", "a/b", "A"):
        with pytest.raises(ValueError, match="no bucket can be called"):
            await store.create_bucket(name)
    assert [bucket.name for bucket in store.buckets()] == ["images", "team"]
    assert store.has_bucket("images")
    assert not store.has_bucket("nobody")


async def test_of_many_puts_that_want_an_absent_key_exactly_one_wins(store: Store) -> None:
    results = await asyncio.gather(
        *(put(store, "318", f"{number}".encode(), must_be_absent) for number in range(50)), return_exceptions=True
    )
    winners = [number for number, result in enumerate(results) if isinstance(result, StoredObject)]
    assert len(winners) == 1
    assert [type(result) for result in results].count(Refused) == 49
    assert get(store, "318") == f"{winners[0]}".encode()


async def test_a_refused_or_abandoned_body_leaves_nothing_behind(store: Store, folder: Path) -> None:
    await put(store, "318", b"first")
    with pytest.raises(Refused):
        await put(store, "318", b"l" * (SMALL_BYTES + 1), must_be_absent)
    with pytest.raises(Refused):
        await store.delete("team", "318", must_be_absent)
    async with store.receive() as incoming:
        await incoming.write(b"l" * (SMALL_BYTES + 1))
    assert get(store, "318") == b"first"
    assert list((folder / ".dvc-sync-s3/staging").iterdir()) == []


async def test_a_body_cancelled_while_it_is_written_leaves_nothing_behind(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write = threading.Event()
    is_writing = asyncio.Event()
    loop = asyncio.get_running_loop()
    spill = Incoming._spill

    def held(incoming: Incoming) -> None:
        loop.call_soon_threadsafe(is_writing.set)
        may_write.wait()
        spill(incoming)

    monkeypatch.setattr(Incoming, "_spill", held)
    task = asyncio.create_task(put(store, "318", b"l" * (SMALL_BYTES + 1)))
    await is_writing.wait()
    task.cancel()
    loop.call_soon(may_write.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list((folder / ".dvc-sync-s3/staging").iterdir()) == []


async def test_a_put_cancelled_while_it_commits_never_loses_a_committed_body(store: Store) -> None:
    body = b"l" * (SMALL_BYTES + 1)
    may_commit = threading.Event()
    is_committing = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(current: StoredObject | None) -> None:
        loop.call_soon_threadsafe(is_committing.set)
        may_commit.wait()

    task = asyncio.create_task(put(store, "318", body, hold))
    await is_committing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_commit.set()
    await put(store, "after", b"")
    assert get(store, "318") == body


async def test_fifty_megabytes_pass_through_a_few(store: Store) -> None:
    chunk = bytes(range(256)) * 256
    await put(store, "warm", b"w" * (SMALL_BYTES + 1))
    store.publish()
    tracemalloc.start()
    async with store.receive() as incoming:
        for _ in range(800):
            await incoming.write(chunk)
        stored = await store.put(NewObject("team", "video", "0" * 32), incoming)
    store.publish()
    opened = store.open("team", "video")
    assert opened is not None
    with opened[1] as body:
        read = sum(len(data) for data in iter(lambda: body.read(1 << 16), b""))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == stored.size == 800 * len(chunk) == 52_428_800
    assert peak_bytes < 3 << 20


async def test_an_object_and_its_body_belong_together_while_it_is_replaced_and_published(store: Store) -> None:
    """`get` checks size and MD5 of what it opened."""
    sizes = [1, 3_000, SMALL_BYTES + 1, 20, SMALL_BYTES * 2]
    is_over = threading.Event()

    def read_on() -> int:
        reads = 0
        while not is_over.is_set() or reads == 0:
            assert get(store, "318") is not None
            reads += 1
        return reads

    await put(store, "318", b"0")
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(read_on) for _ in range(2)]
        for number in range(150):
            await put(store, "318", bytes([number]) * sizes[number % len(sizes)])
        is_over.set()
        assert all(reader.result() > 0 for reader in readers)


async def test_a_plain_file_that_someone_changed_or_removed_is_reported_not_served(store: Store, folder: Path) -> None:
    await put(store, "318", b"ours")
    store.publish()
    (folder / "team/318").write_bytes(b"somebody else's")
    with pytest.raises(BodyLost):
        store.open("team", "318")
    (folder / "team/318").unlink()
    with pytest.raises(BodyLost):
        store.open("team", "318")
    assert store.head("team", "318") is not None


async def test_staging_is_swept_of_what_a_dead_process_left_but_not_of_what_is_under_way(
    folder: Path, clock: StillClock
) -> None:
    staging = folder / ".dvc-sync-s3/staging"
    staging.mkdir(parents=True)
    (staging / "publish-1").write_bytes(b"half")
    (staging / "body-1").write_bytes(b"half")
    clock.time = clock.time.fromtimestamp((staging / "body-1").stat().st_mtime, clock.time.tzinfo)
    for days, left in ((0, ["body-1"]), (2, [])):
        clock.move(days * 24 * 3600)
        store = Store(folder, clock)
        await store.start()
        store.publish()
        assert [path.name for path in staging.iterdir()] == left
        await store.close()
