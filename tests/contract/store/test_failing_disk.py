from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store.model import ListRequest
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import run

pytestmark = pytest.mark.anyio


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on a file's size there")
@pytest.mark.parametrize("size_bytes", [30_000, 2_000_000])
async def test_a_write_that_the_disk_refuses_fails_for_its_caller_and_is_not_listed(
    folder: Path, size_bytes: int
) -> None:
    said = json.loads(run("full_disk.py", folder, size_bytes).stdout)
    assert said["refused"] > 0
    assert len(said["done"]) + said["refused"] == 60
    assert said["listed"] == said["done"]
    store = Store(folder, SystemClock())
    await store.start()
    assert [stored.key for stored in store.list(ListRequest("team")).objects] == said["done"]
    for key in said["done"]:
        opened = store.open("team", key)
        assert opened is not None
        with opened[1] as body:
            assert body.read() == bytes([int(key)]) * size_bytes
    await store.close()
