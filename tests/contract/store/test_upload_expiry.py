"""Uploads in parts that nobody goes on with: given up after a while, with their parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dvc_sync_s3.store.errors import NoSuchUpload
from dvc_sync_s3.store.model import NewUpload, Upload, UploadsRequest
from dvc_sync_s3.store.publisher import SWEEP_EVERY_S
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import names_in
from tests.contract.store.conftest import StillClock

pytestmark = pytest.mark.anyio

WEEK = timedelta(days=7)
DAY_S = 24 * 3600


@pytest.fixture
def clock() -> StillClock:
    """Begin long ago: no file on its way in looks abandoned, however far a test moves."""
    clock = StillClock()
    clock.time = datetime(2010, 1, 1, tzinfo=UTC)
    return clock


@pytest.fixture
async def expiring(folder: Path, clock: StillClock) -> AsyncIterator[Store]:
    store = Store(folder, clock, WEEK)
    await store.start()
    await store.create_bucket("team")
    yield store
    await store.close()


async def begin(store: Store, key: str = "318") -> Upload:
    return await store.create_upload(NewUpload("team", key))


async def send(store: Store, upload: Upload, number: int) -> None:
    async with store.receive() as incoming:
        await incoming.write(b"part")
        await store.put_part(upload.upload_id, number, incoming, "0" * 32)


def uploads(store: Store) -> list[str]:
    return [upload.key for upload in store.uploads(UploadsRequest("team")).uploads]


async def test_an_upload_that_gets_nothing_for_a_week_is_given_up_with_its_parts(
    expiring: Store, folder: Path, clock: StillClock
) -> None:
    upload = await begin(expiring)
    await send(expiring, upload, 1)
    await send(expiring, upload, 2)
    clock.move(7 * DAY_S)
    expiring.publish()
    assert uploads(expiring) == ["318"]

    clock.move(SWEEP_EVERY_S)
    expiring.publish()

    assert uploads(expiring) == []
    assert names_in(folder / ".dvc-sync-s3/uploads") == set()
    with pytest.raises(NoSuchUpload):
        await send(expiring, upload, 3)


async def test_an_upload_that_goes_on_is_kept_however_old_it_is(expiring: Store, clock: StillClock) -> None:
    going, resting = await begin(expiring, "going"), await begin(expiring, "resting")
    await send(expiring, resting, 1)
    for number in range(1, 5):
        clock.move(5 * DAY_S)
        await send(expiring, going, number)
        expiring.publish()

    assert uploads(expiring) == ["going"]
    assert len(expiring.parts(going.upload_id, 0, 10)) == 4


async def test_an_upload_is_given_up_after_a_restart_too(folder: Path, clock: StillClock) -> None:
    first = Store(folder, clock, WEEK)
    await first.start()
    await first.create_bucket("team")
    await send(first, await begin(first), 1)
    await first.close()
    clock.move(8 * DAY_S)

    second = Store(folder, clock, WEEK)
    await second.start()
    second.publish()
    assert uploads(second) == []
    await second.close()


async def test_without_an_expiry_an_upload_stays(store: Store, clock: StillClock) -> None:
    await send(store, await begin(store), 1)
    clock.move(3650 * DAY_S)
    store.publish()
    assert uploads(store) == ["318"]
