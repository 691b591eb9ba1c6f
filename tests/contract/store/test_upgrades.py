"""A data folder of an older format: everything in it is there, and private, after the upgrade."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from dvc_sync_s3.store.model import NewUpload
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import get, keys, put
from tests.contract.store.conftest import StillClock

pytestmark = pytest.mark.anyio

ROWS = """
INSERT INTO meta VALUES ('instance_id', '0123456789abcdef'), ('seq', 7), ('adopted', 1);
INSERT INTO buckets VALUES ('team', 1000000);
INSERT INTO bucket_documents VALUES ('team', 'cors', x'3c');
INSERT INTO objects (bucket, key, seq, size, etag, modified_at, headers, metadata, checksums, place, parts)
VALUES ('team', '318', 7, 4, '841a2d689ad86bd1611447453c22c6fc', 1000000, '[]', '[]', '[]', 'body', '[[1,4,[]]]');
INSERT INTO bodies VALUES (7, x'626f6479');
INSERT INTO uploads VALUES ('team', '319', 'id', 1000000, NULL, '[]', '[]', '[]', NULL, NULL);
"""
TO_BODIES = """
CREATE TABLE bodies (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
INSERT INTO bodies SELECT seq, substr(bodies, 1 + json_extract(starts, '$[' || (seq - first) || ']'), size)
  FROM packs JOIN objects ON seq BETWEEN first AND last;
DROP TABLE packs;
"""


@pytest.fixture
def old_folder(folder: Path) -> Path:
    index = folder / ".dvc-sync-s3/index.db"
    index.parent.mkdir(parents=True)
    connection = sqlite3.connect(index)
    connection.executescript((Path(__file__).parent / "format_1.sql").read_text("utf-8") + ROWS)
    connection.close()
    return folder


async def test_an_index_of_format_1_keeps_all_it_holds_and_all_is_the_main_owners(
    old_folder: Path, clock: StillClock
) -> None:
    store = Store(old_folder, clock)
    await store.start()
    try:
        assert (store.instance_id(), store.last_seq()) == ("0123456789abcdef", 7)
        bucket, upload, stored = store.bucket("team"), store.upload("team", "319", "id"), store.head("team", "318")
        assert bucket is not None
        assert upload is not None
        assert stored is not None
        assert (bucket.owner, bucket.acl, bucket.documents) == (None, None, (("cors", b"<"),))
        assert (upload.owner, upload.acl, upload.initiator) == (None, None, None)
        assert (stored.owner, stored.acl, len(stored.parts)) == (None, None, 1)
        assert get(store, "318") == b"body"
        await put(store, "320", b"new")
        assert await store.set_acl(stored, "[]")
        assert keys(store) == ["318", "320"]
        assert [found.acl for key in ("318", "320") if (found := store.head("team", key))] == ["[]", None]
    finally:
        await store.close()


async def test_an_upgraded_index_starts_again(old_folder: Path, clock: StillClock) -> None:
    for _ in range(2):
        store = Store(old_folder, clock)
        await store.start()
        assert keys(store) == ["318"]
        await store.close()


async def test_an_index_of_format_2_goes_on_counting_where_it_was(folder: Path, clock: StillClock) -> None:
    store = Store(folder, clock)
    await store.start()
    await store.create_bucket("team")
    await put(store, "318", b"put")
    await put(store, "319", b"put")
    await store.delete("team", "319")
    await store.close()
    connection = sqlite3.connect(folder / ".dvc-sync-s3/index.db")
    connection.executescript(TO_BODIES)
    connection.executescript("INSERT INTO meta VALUES ('seq', 3); PRAGMA user_version = 2;")
    connection.close()

    again = Store(folder, clock)
    await again.start()
    assert again.last_seq() == 3
    assert (await put(again, "318", b"later")).seq == 4
    await again.close()


async def test_bodies_that_an_index_of_format_3_still_holds_are_read_as_before(folder: Path, clock: StillClock) -> None:
    store = Store(folder, clock, wake_publisher=lambda: None)  # as if another process published
    await store.start()
    await store.create_bucket("team")
    bodies = {str(number): bytes([number]) * number for number in range(1, 100)}
    await asyncio.gather(*(put(store, key, body) for key, body in bodies.items()))
    await store.close()
    connection = sqlite3.connect(folder / ".dvc-sync-s3/index.db")
    connection.executescript(TO_BODIES)
    connection.execute("PRAGMA user_version = 3")
    assert connection.execute("SELECT count(*) FROM bodies").fetchone() == (99,)
    connection.close()

    again = Store(folder, clock, wake_publisher=lambda: None)
    await again.start()
    await put(again, "100", b"new")
    assert {key: get(again, key) for key in keys(again)} == bodies | {"100": b"new"}
    await again.close()


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
