from __future__ import annotations

import asyncio
import threading
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from dvc_sync_s3.store.errors import BucketNotEmpty, NoSuchBucket, NoSuchPart, NoSuchUpload
from dvc_sync_s3.store.incoming import SMALL_BYTES, Incoming
from dvc_sync_s3.store.model import NewObject, NewUpload, ObjectPart, Precondition, StoredObject, StoredPart, Upload
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.store.tree import PUBLISHED_PREFIX
from tests.contract.store.bodies import keys, md5, names_in, put
from tests.contract.store.conftest import StillClock

pytestmark = pytest.mark.anyio

BODIES = [b"1" * (SMALL_BYTES + 1), b"2" * 70_000, b"3"]
WHOLE = b"".join(BODIES)


class Refused(Exception):
    pass


def must_be_absent(current: StoredObject | None) -> None:
    if current is not None:
        raise Refused


async def begin(store: Store, key: str = "video") -> Upload:
    return await store.create_upload(NewUpload("team", key))


async def put_part(store: Store, upload: Upload, number: int, body: bytes) -> StoredPart:
    async with store.receive() as incoming:
        await incoming.write(body)
        return await store.put_part(upload.upload_id, number, incoming, md5(body))


async def put_parts(store: Store, upload: Upload, bodies: Sequence[bytes] = BODIES) -> list[StoredPart]:
    return [await put_part(store, upload, number, body) for number, body in enumerate(bodies, 1)]


async def complete(
    store: Store, upload: Upload, parts: Sequence[StoredPart], precondition: Precondition | None = None
) -> StoredObject:
    new = NewObject("team", upload.key, f"etag-{len(parts)}", parts=tuple(ObjectPart(p.number, p.size) for p in parts))
    return await store.complete_upload(upload.upload_id, parts, new, precondition)


def read(store: Store, key: str = "video") -> bytes | None:
    opened = store.open("team", key)
    if opened is None:
        return None
    with opened[1] as body:
        data = body.read()
    assert len(data) == opened[0].size
    return data


def is_gone(store: Store, folder: Path, upload: Upload) -> bool:
    return (
        store.upload("team", upload.key, upload.upload_id) is None
        and store.parts(upload.upload_id, 0, 10) == ()
        and names_in(folder / ".dvc-sync-s3/uploads") == set()
    )


async def test_parts_become_one_object_in_their_order(store: Store, folder: Path) -> None:
    upload = await begin(store)
    parts = [await put_part(store, upload, number, BODIES[number - 1]) for number in (3, 1, 2)]
    assert keys(store) == []
    stored = await complete(store, upload, sorted(parts, key=lambda part: part.number))
    assert (stored.size, stored.etag) == (len(WHOLE), "etag-3")
    assert [part.number for part in stored.parts] == [1, 2, 3]
    assert store.head("team", "video") == stored
    assert read(store) == WHOLE
    assert is_gone(store, folder, upload)
    store.publish()
    assert (folder / "team/video").read_bytes() == read(store) == WHOLE
    assert names_in(folder / ".dvc-sync-s3/staging") == set()
    assert [change.seq for change in store.changes(0, 10)] == [stored.seq]


async def test_an_upload_waits_over_a_restart(folder: Path, clock: StillClock) -> None:
    new = NewUpload(
        "team",
        "video",
        content_type="video/mp4",
        headers=(("cache-control", "no-store"),),
        metadata=(("annotator", "Zoë"),),
        tags=(("project", "7"),),
        checksum_algorithm="CRC32",
        checksum_type="COMPOSITE",
    )
    first = Store(folder, clock)
    await first.start()
    await first.create_bucket("team")
    upload = await first.create_upload(new)
    async with first.receive() as incoming:
        await incoming.write(b"x")
        part = await first.put_part(upload.upload_id, 7, incoming, md5(b"x"), (("CRC32", "jNwJ6g=="),))
    await first.close()
    second = Store(folder, clock)
    await second.start()
    clock.move(30 * 24 * 3600)
    second.publish()
    assert second.upload("team", "video", upload.upload_id) == upload
    assert (upload.bucket, upload.key, upload.content_type, upload.headers) == ("team", "video", *vars_of(new)[:2])
    assert (upload.metadata, upload.tags, upload.checksum_algorithm, upload.checksum_type) == vars_of(new)[2:]
    assert second.parts(upload.upload_id, 0, 10) == (part,)
    assert (part.number, part.size, part.etag, part.checksums) == (7, 1, md5(b"x"), (("CRC32", "jNwJ6g=="),))
    await complete(second, upload, [part])
    assert read(second) == b"x"
    await second.close()


def vars_of(new: NewUpload) -> tuple[object, ...]:
    return (new.content_type, new.headers, new.metadata, new.tags, new.checksum_algorithm, new.checksum_type)


async def test_an_upload_is_found_only_under_its_own_key(store: Store) -> None:
    upload = await begin(store)
    await store.create_bucket("other")
    assert store.upload("team", "video", upload.upload_id) == upload
    assert store.upload("team", "other", upload.upload_id) is None
    assert store.upload("other", "video", upload.upload_id) is None
    assert store.upload("team", "video", "never") is None
    with pytest.raises(NoSuchBucket):
        await store.create_upload(NewUpload("nobody", "video"))


async def test_upload_ids_of_a_key_sort_by_time_and_do_not_repeat(store: Store, clock: StillClock) -> None:
    ids = []
    for _ in range(20):
        clock.move(0.001)
        ids.append((await begin(store)).upload_id)
    assert ids == sorted(set(ids))
    together = await asyncio.gather(*(begin(store) for _ in range(20)))
    assert len({upload.upload_id[14:] for upload in together}) == 20


async def test_a_part_put_again_replaces_the_first(store: Store, folder: Path) -> None:
    upload = await begin(store)
    await put_parts(store, upload)
    again = await put_part(store, upload, 2, b"again")
    parts = store.parts(upload.upload_id, 0, 10)
    assert parts[1] == again
    assert len(names_in(folder / ".dvc-sync-s3/uploads")) == 3
    await complete(store, upload, parts)
    assert read(store) == BODIES[0] + b"again" + BODIES[2]


async def test_parts_are_listed_by_number_a_page_at_a_time(store: Store) -> None:
    upload = await begin(store)
    for number in (10, 2, 10_000, 1):
        await put_part(store, upload, number, b"x")
    assert [part.number for part in store.parts(upload.upload_id, 0, 2)] == [1, 2]
    assert [part.number for part in store.parts(upload.upload_id, 2, 2)] == [10, 10_000]
    assert store.parts(upload.upload_id, 10_000, 2) == ()
    assert store.parts(upload.upload_id, 0, 0) == ()
    assert store.parts("never", 0, 2) == ()


async def test_parts_that_are_not_chosen_are_left_out_and_removed(store: Store, folder: Path) -> None:
    upload = await begin(store)
    parts = await put_parts(store, upload)
    await complete(store, upload, [parts[0], parts[2]])
    assert read(store) == BODIES[0] + BODIES[2]
    assert is_gone(store, folder, upload)


async def test_an_aborted_upload_is_gone_with_its_parts(store: Store, folder: Path) -> None:
    upload, other = await begin(store), await begin(store)
    parts = await put_parts(store, upload)
    kept = await put_part(store, other, 1, b"kept")
    await store.abort_upload(upload.upload_id)
    assert store.parts(upload.upload_id, 0, 10) == ()
    assert len(names_in(folder / ".dvc-sync-s3/uploads")) == 1
    with pytest.raises(NoSuchUpload):
        await store.abort_upload(upload.upload_id)
    with pytest.raises(NoSuchUpload):
        await put_part(store, upload, 4, b"late")
    with pytest.raises(NoSuchUpload):
        await complete(store, upload, parts)
    assert store.parts(other.upload_id, 0, 10) == (kept,)
    assert len(names_in(folder / ".dvc-sync-s3/uploads")) == 1
    assert (keys(store), names_in(folder / ".dvc-sync-s3/staging")) == ([], set())


async def test_a_bucket_with_unfinished_uploads_is_deleted_and_they_are_aborted(store: Store, folder: Path) -> None:
    upload = await begin(store)
    parts = await put_parts(store, upload)
    await put(store, "318", b"x")
    with pytest.raises(BucketNotEmpty):
        await store.delete_bucket("team")
    assert store.parts(upload.upload_id, 0, 10) == tuple(parts)
    await store.delete("team", "318")
    await store.delete_bucket("team")
    assert is_gone(store, folder, upload)
    with pytest.raises(NoSuchUpload):
        await complete(store, upload, parts)


async def test_a_refused_completion_leaves_the_upload_as_it_was(store: Store, folder: Path) -> None:
    await put(store, "video", b"first")
    upload = await begin(store)
    parts = await put_parts(store, upload)
    with pytest.raises(Refused):
        await complete(store, upload, parts, must_be_absent)
    assert read(store) == b"first"
    assert store.parts(upload.upload_id, 0, 10) == tuple(parts)
    assert names_in(folder / ".dvc-sync-s3/staging") == set()
    await complete(store, upload, parts)
    assert read(store) == WHOLE


async def test_a_part_replaced_or_never_put_can_not_be_completed(store: Store) -> None:
    upload = await begin(store)
    parts = await put_parts(store, upload)
    await put_part(store, upload, 2, b"again")
    with pytest.raises(NoSuchPart) as refusal:
        await complete(store, upload, parts)
    assert refusal.value.number == 2
    never = StoredPart(9, 1, "", parts[0].modified_at, ())
    with pytest.raises(NoSuchPart):
        await complete(store, upload, [never])
    assert keys(store) == []


async def test_a_part_whose_file_was_lost_is_reported_and_can_be_put_again(store: Store, folder: Path) -> None:
    upload = await begin(store)
    parts = await put_parts(store, upload)
    for path in (folder / ".dvc-sync-s3/uploads").iterdir():
        if path.stat().st_size == 1:
            path.write_bytes(b"longer")
    with pytest.raises(NoSuchPart) as refusal:
        await complete(store, upload, parts)
    assert refusal.value.number == 3
    await put_part(store, upload, 3, BODIES[2])
    await complete(store, upload, store.parts(upload.upload_id, 0, 10))
    assert read(store) == WHOLE


class Gate:
    """Hold every completion at its first part until opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = asyncio.Semaphore(0)
        self.is_open = threading.Event()
        loop = asyncio.get_running_loop()
        append = Incoming._append

        def held(incoming: Incoming, path: Path, size: int) -> bool:
            loop.call_soon_threadsafe(self.reached.release)
            self.is_open.wait()
            return append(incoming, path, size)

        monkeypatch.setattr(Incoming, "_append", held)


@pytest.mark.parametrize("bodies", [BODIES, BODIES[1:2]], ids=["parts", "part"])
async def test_of_completions_of_one_upload_exactly_one_wins(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch, bodies: list[bytes]
) -> None:
    upload = await begin(store)
    parts = await put_parts(store, upload, bodies)
    gate = Gate(monkeypatch)
    tasks = [asyncio.create_task(complete(store, upload, parts)) for _ in range(3)]
    for _ in tasks:
        await gate.reached.acquire()
    gate.is_open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoSuchUpload", "NoSuchUpload", "StoredObject"]
    assert read(store) == b"".join(bodies)
    assert is_gone(store, folder, upload)
    staged = names_in(folder / ".dvc-sync-s3/staging")
    assert len([name for name in staged if not name.startswith(PUBLISHED_PREFIX)]) <= 1


async def test_a_part_replaced_while_the_object_is_put_together_is_never_mixed_in(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await begin(store)
    parts = await put_parts(store, upload)
    gate = Gate(monkeypatch)
    task = asyncio.create_task(complete(store, upload, parts))
    await gate.reached.acquire()
    await put_part(store, upload, 1, b"new")
    gate.is_open.set()
    with pytest.raises(NoSuchPart):
        await task
    assert keys(store) == []


async def test_a_completion_cancelled_while_it_is_put_together_leaves_the_upload(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await begin(store)
    parts = await put_parts(store, upload)
    gate = Gate(monkeypatch)
    task = asyncio.create_task(complete(store, upload, parts))
    await gate.reached.acquire()
    task.cancel()
    asyncio.get_running_loop().call_soon(gate.is_open.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names_in(folder / ".dvc-sync-s3/staging") == set()
    await complete(store, upload, parts)
    assert read(store) == WHOLE


async def test_fifty_megabytes_in_parts_pass_through_a_few(store: Store) -> None:
    upload = await begin(store)
    chunk = bytes(range(256)) * 256
    tracemalloc.start()
    for number in range(1, 6):
        async with store.receive() as incoming:
            for _ in range(160):
                await incoming.write(chunk)
            await store.put_part(upload.upload_id, number, incoming, "0" * 32)
    stored = await complete(store, upload, store.parts(upload.upload_id, 0, 10))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert stored.size == 800 * len(chunk)
    assert peak_bytes < 3 << 20


async def test_files_of_parts_that_a_dead_process_left_are_swept_but_not_those_of_waiting_uploads(
    folder: Path, clock: StillClock
) -> None:
    first = Store(folder, clock)
    await first.start()
    await first.create_bucket("team")
    upload = await begin(first)
    part = await put_part(first, upload, 1, b"x")
    left = folder / ".dvc-sync-s3/uploads/body-left"
    left.write_bytes(b"half")
    clock.time = clock.time.fromtimestamp(left.stat().st_mtime, clock.time.tzinfo)
    first.publish()
    assert left.exists()
    clock.move(2 * 24 * 3600)
    first.publish()  # the same process: it sweeps every day
    assert not left.exists()
    await complete(first, upload, [part])
    assert read(first) == b"x"
    await first.close()
