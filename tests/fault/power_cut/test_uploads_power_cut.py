"""What was acknowledged of uploads in parts and of their buckets survives a power cut; what was ended is gone."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.store.errors import BodyLost, NoSuchPart
from dvc_sync_s3.store.folder import DataFolder
from dvc_sync_s3.store.model import ListRequest, NewObject, Upload, UploadsRequest
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.store.sweep import ABANDONED_AFTER_S
from tests.fault.power_cut import store_program
from tests.fault.power_cut.disk import Survivors
from tests.fault.power_cut.recording import Cut, Recording, record, sample
from tests.fault.power_cut.store_program import FOLDER, UPLOAD_BUCKETS
from tests.fault.power_cut.uploader import DOCUMENT, GONE, Held, md5_of

pytestmark = pytest.mark.anyio

POINTS = 40
"""How many points to try where there are too many to try all."""


class LaterClock(SystemClock):
    """So late that whatever nobody asks for any more is swept."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=ABANDONED_AFTER_S + 60)


@dataclass(slots=True)
class Expected:
    """What a client knows: what each bucket may hold, and the ids of uploads that it didn't begin to end."""

    possible: dict[str, list[str]] = field(default_factory=lambda: {bucket: [GONE] for bucket in UPLOAD_BUCKETS})
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def after(cls, marks: Iterable[tuple[str, ...]]) -> Expected:
        """Read what the program said: one step in a bucket is under way at a time."""
        expected = cls()
        for word, *rest in marks:
            if word == "going":
                expected.possible[rest[0]].append(rest[1])
            elif word == "went":
                expected.possible[rest[0]] = expected.possible[rest[0]][-1:]
            elif word == "created":
                expected.ids[rest[0], rest[1]] = rest[2]
            elif word == "ending":
                expected.ids.pop((rest[0], rest[1]), None)
        return expected


def body(store: Store, bucket: str, key: str) -> bytes:
    opened = store.open(bucket, key)
    assert opened is not None
    stored, file = opened
    with file:
        data = file.read()
    assert (stored.size, stored.etag) == (len(data), md5_of(data))
    return data


def held(store: Store, bucket: str) -> str:
    """Return what the bucket holds, every object read."""
    document = store.bucket_document(bucket, DOCUMENT)
    found = Held(
        {stored.key: md5_of(body(store, bucket, stored.key)) for stored in store.list(ListRequest(bucket)).objects},
        {
            upload.key: {part.number: part.etag for part in store.parts(upload.upload_id, 0, 1000)}
            for upload in store.uploads(UploadsRequest(bucket)).uploads
        },
        None if document is None else document.decode(),
    )
    return GONE if found == Held() and not store.has_bucket(bucket) else str(found)


async def completed(store: Store, upload: Upload) -> bool:
    """Complete the upload with the parts it lists; return whether each of them is in the object as it was put."""
    parts = store.parts(upload.upload_id, 0, 1000)
    new = NewObject(upload.bucket, upload.key, "completed")
    await store.complete_upload(upload.upload_id, parts, new)
    opened = store.open(upload.bucket, upload.key)
    assert opened is not None
    with opened[1] as file:
        return all(md5_of(file.read(part.size)) == part.etag for part in parts) and file.read() == b""


async def after(cut: Cut) -> list[str]:
    """Start a store on what the cut left, and return what is wrong with it."""
    folder = DataFolder(cut.folder / FOLDER)
    store = Store(folder.root, LaterClock())
    await store.start()
    try:
        expected = Expected.after(cut.marks)
        wrong = lost(store, expected)
        store.publish()
        wrong += lost(store, expected) + left_behind(store, folder)
        uploads = [upload for bucket in UPLOAD_BUCKETS for upload in store.uploads(UploadsRequest(bucket)).uploads]
        wrong += [f"a part of {upload.key!r} differs" for upload in uploads if not await completed(store, upload)]
    finally:
        await store.close()
        shutil.rmtree(cut.folder)
    return wrong


def lost(store: Store, expected: Expected) -> list[str]:
    """Return what the store doesn't keep of what it promised."""
    found = {bucket: held(store, bucket) for bucket in UPLOAD_BUCKETS}
    wrong = [f"{bucket} holds {what}" for bucket, what in found.items() if what not in expected.possible[bucket]]
    wrong += [f"no {name}" for name, upload_id in expected.ids.items() if store.upload(*name, upload_id) is None]
    changed = {(change.bucket, change.key) for change in store.changes(0, 1000)}
    listed = {(bucket, each.key) for bucket in UPLOAD_BUCKETS for each in store.list(ListRequest(bucket)).objects}
    return wrong + [f"{name} has no change" for name in listed - changed]


def left_behind(store: Store, folder: DataFolder) -> list[str]:
    """Return what lies in the folder and nobody will ask for."""
    uploads = [upload for bucket in UPLOAD_BUCKETS for upload in store.uploads(UploadsRequest(bucket)).uploads]
    parts = [part for upload in uploads for part in store.parts(upload.upload_id, 0, 1000)]
    wrong = [f"{path.name} in staging" for path in folder.staging.iterdir()]
    wrong += ["a part without an upload"] if len(list(folder.uploads.iterdir())) > len(parts) else []
    for bucket in UPLOAD_BUCKETS:
        plain = {path for path in (folder.root / bucket).rglob("*") if path.is_file()}
        keys = {path.relative_to(folder.root / bucket).as_posix() for path in plain}
        wrong += [f"{key!r} is plain" for key in keys if store.head(bucket, key) is None]
        wrong += [f"the folder of {bucket}"] if (folder.root / bucket).exists() and not store.has_bucket(bucket) else []
    return wrong


async def all_wrong(cuts: Iterable[Cut]) -> dict[str, list[str]]:
    found = {}
    for cut in cuts:
        try:
            found[cut.name] = await after(cut)
        except (Blocked, BodyLost, NoSuchPart, sqlite3.Error, OSError) as error:
            found[cut.name] = [repr(error)]
    assert found
    return {name: wrong for name, wrong in found.items() if wrong}


async def test_an_acknowledged_step_of_an_upload_survives_a_power_cut(recording: Recording, workshop: Path) -> None:
    points = recording.marks("went")
    assert len(points) == len(UPLOAD_BUCKETS) * 25
    assert await all_wrong(recording.cut(points, [Survivors.NOTHING, Survivors.SOME], workshop)) == {}


async def test_a_power_cut_in_the_middle_of_an_upload_mixes_nothing(recording: Recording, workshop: Path) -> None:
    first, last = recording.marks("going")[0], recording.marks("went")[-1]
    points = sample(list(range(first, last)), POINTS)
    assert await all_wrong(recording.cut(points, Survivors, workshop)) == {}


async def test_the_rig_finds_uploads_lost_on_a_disk_that_is_not_waited_for(
    library: Path, tmp_path: Path, workshop: Path
) -> None:
    recording = record(library, tmp_path, store_program.__name__, is_deaf="yes")
    points = sample(recording.marks("went"), 5)
    assert len(await all_wrong(recording.cut(points, [Survivors.NOTHING], workshop))) == len(points)


@pytest.mark.parametrize(
    "wait", [*store_program.WAITS_OF_PARTS, "for the file of a body", "for the name of a body", "for a commit"]
)
async def test_the_rig_finds_a_single_wait_left_out_of_an_upload(
    library: Path, tmp_path: Path, workshop: Path, wait: str
) -> None:
    recording = record(library, tmp_path, store_program.__name__, wait)
    points = sample(recording.marks("went"), POINTS // 2)
    assert await all_wrong(recording.cut(points, [Survivors.NOTHING, Survivors.NAMES], workshop)) != {}
