"""Who owns buckets, objects and uploads, and whom they let in."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvc_sync_s3.store.model import NewUpload
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import put
from tests.contract.store.conftest import StillClock

pytestmark = pytest.mark.anyio


async def test_owners_and_access_lists_are_kept_over_a_restart(folder: Path, clock: StillClock) -> None:
    first = Store(folder, clock)
    await first.start()
    assert await first.create_bucket("team", "other", "[1]", {"ownership": b""})
    assert not await first.create_bucket("team", "third", "[2]", {"ownership": b"x"})
    upload = await first.create_upload(NewUpload("team", "319", owner="a", acl="[3]", initiator="b"))
    await first.close()

    second = Store(folder, clock)
    await second.start()
    found, again = second.bucket("team"), second.upload("team", "319", upload.upload_id)
    assert found is not None
    assert again is not None
    assert (found.owner, found.acl, found.documents) == ("other", "[1]", (("ownership", b""),))
    assert (again.owner, again.acl, again.initiator) == ("a", "[3]", "b")
    await second.set_bucket_acl("team", None)
    assert second.buckets() == (type(found)("team", clock.now(), "other"),)
    assert second.bucket("nobody") is None
    await second.close()


async def test_an_access_list_is_set_for_the_object_it_was_meant_for_alone(store: Store) -> None:
    await put(store, "318", b"mine")
    meant = store.head("team", "318")
    assert meant is not None
    await put(store, "318", b"another's")

    assert not await store.set_acl(meant, "[]")

    found = store.head("team", "318")
    assert found is not None
    assert found.acl is None
    assert store.last_seq() == found.seq
