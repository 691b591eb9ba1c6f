from __future__ import annotations

import hashlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dvc_sync_s3.store.adopt import Adoption
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import get, keys, put
from tests.contract.store.conftest import StillClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def older(folder: Path, tmp_path: Path) -> Path:
    """Return a folder as an older service left it."""
    for name in ("team/318", "team/out/319", "team/out/deep/320", "images/cat.png", "No Bucket/1", "loose"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
        os.utime(folder / name, (1_700_000_000, 1_700_000_000))
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "team/link").symlink_to(tmp_path / "secret")
    (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
    return folder


async def test_plain_files_of_an_older_service_become_objects_once(older: Path, clock: StillClock) -> None:
    store = Store(older, clock)
    assert await store.start() == Adoption(
        buckets=("images", "team"),
        objects=4,
        left_alone=("No Bucket", "linked", "loose", "team/link"),
    )
    assert keys(store) == ["318", "out/319", "out/deep/320"]
    assert get(store, "out/319") == b"team/out/319"
    stored = store.head("team", "318")
    assert stored is not None
    assert stored.modified_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert [change.key for change in store.changes(0, 10)] == ["cat.png", "318", "out/319", "out/deep/320"]
    assert (await put(store, "318", b"new")).seq == 5
    store.publish()
    await store.close()
    (older / "team/dropped").write_bytes(b"later")
    again = Store(older, clock)
    assert await again.start() == Adoption((), 0, ())
    assert keys(again) == ["318", "out/319", "out/deep/320"]
    assert get(again, "318") == b"new"
    await again.close()


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="their file systems have no such names")
async def test_files_whose_names_are_odd_are_adopted_and_those_that_are_no_text_left(
    folder: Path, clock: StillClock
) -> None:
    (folder / "team").mkdir(parents=True)
    (folder / "team/line\nbreak").write_bytes(b"odd")
    (folder / os.fsdecode(b"team/\xff")).write_bytes(b"no text")
    store = Store(folder, clock)
    assert (await store.start()).left_alone == ("team/\\xff",)
    assert keys(store) == ["line\nbreak"]
    assert get(store, "line\nbreak") == b"odd"
    await store.close()


async def test_an_interrupted_adoption_begins_anew_and_finishes(
    older: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.file_digest
    calls = 0

    def failing(file: Any, of: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError("the disk can't be read")
        return digest(file, of)

    monkeypatch.setattr(hashlib, "file_digest", failing)
    with pytest.raises(OSError, match="can't be read"):
        await Store(older, clock).start()
    store = Store(older, clock)
    assert (await store.start()).objects == 4
    assert [change.seq for change in store.changes(0, 10)] == [1, 2, 3, 4]
    await store.close()
