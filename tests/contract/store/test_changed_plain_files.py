"""A plain file that someone changed without changing its size is never served as what was stored."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from dvc_sync_s3.s3.multipart import whole_etag
from dvc_sync_s3.store.errors import BodyLost, Unverified
from dvc_sync_s3.store.model import NewObject, ObjectPart
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import get, put
from tests.contract.store.conftest import StillClock
from tests.contract.store.test_uploads import begin, put_parts

pytestmark = pytest.mark.anyio


def copy_without_times(folder: Path) -> None:
    path = next(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size == 300_000)
    shutil.copyfile(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


@pytest.mark.parametrize("size", [4, 300 * 1024])
async def test_a_body_changed_at_the_same_size_is_not_served_under_the_old_etag(
    store: Store, folder: Path, size: int
) -> None:
    await put(store, "318", b"o" * size)
    store.publish()
    (folder / "team/318").write_bytes(b"t" * size)
    with pytest.raises(BodyLost):
        store.open("team", "318")
    change = store.changes(0, 10)[0]
    with pytest.raises(BodyLost):
        store.open_change(change)
    (folder / "team/318").write_bytes(b"o" * size)  # put back
    assert get(store, "318") == b"o" * size


@pytest.mark.parametrize("size", [4, 300 * 1024])
async def test_a_plain_file_has_the_time_of_its_object(
    store: Store, folder: Path, clock: StillClock, size: int
) -> None:
    clock.move(-90_000.125_25)
    stored = await put(store, "a/318", b"o" * size)
    store.publish()
    assert (folder / "team/a/318").stat().st_mtime_ns // 1000 == round(stored.modified_at.timestamp() * 1e6)
    assert get(store, "a/318") == b"o" * size


@pytest.mark.parametrize("key", ["a/318", "a//318"])
async def test_a_copy_that_lost_its_times_is_read_once_to_be_told_then_served_as_before(
    store: Store, folder: Path, key: str
) -> None:
    await put(store, key, b"o" * 300_000)
    store.publish()
    copy_without_times(folder)
    with pytest.raises(Unverified):
        store.open_at_once("team", key)
    assert get(store, key) == b"o" * 300_000
    opened = store.open_at_once("team", key)
    assert opened is not None
    opened[1].close()


async def test_an_object_of_parts_is_verified_by_them(store: Store, folder: Path) -> None:
    upload = await begin(store)
    bodies = [b"1" * 5_000_000, b"2"]
    parts = await put_parts(store, upload, bodies)
    etag = whole_etag([part.etag for part in parts])
    new = NewObject("team", "video", etag, parts=tuple(ObjectPart(part.number, part.size) for part in parts))
    await store.complete_upload(upload.upload_id, parts, new)
    store.publish()
    os.utime(folder / "team/video")
    opened = store.open("team", "video")
    assert opened is not None
    opened[1].close()
    with (folder / "team/video").open("r+b") as file:
        file.write(b"x")
    with pytest.raises(BodyLost):
        store.open("team", "video")


async def test_new_tags_leave_the_time_as_it_is(store: Store) -> None:
    await put(store, "318", b"o" * 300_000)
    store.publish()
    await store.set_tags("team", "318", (("a", "b"),))
    opened = store.open_at_once("team", "318")
    assert opened is not None
    opened[1].close()
