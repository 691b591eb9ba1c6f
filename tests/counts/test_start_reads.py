"""What a start reads: as much with many objects as with few."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store import index
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.store import Store
from tests.counts.conftest import io_bytes

FEW, MANY = 2_000, 40_000
MOST_BYTES = 72 << 10
ONE_PAGE = 4 << 10
_ADD = """
INSERT INTO objects (bucket, key, seq, size, etag, modified_at, headers, metadata, checksums, place)
VALUES ('team', ?, ?, 2048, 'etag', 0, '[]', '[]', '[]', 'tree')
"""


async def start(folder: Path) -> int:
    """Start a store, publish what waits, end it, and return how many bytes were read until then."""
    store = Store(folder, SystemClock())
    before, _ = io_bytes()
    await store.start()
    await store.create_bucket("team")
    store.publish()
    after, _ = io_bytes()
    await store.close()
    return after - before


def test_a_start_reads_as_much_with_twenty_times_the_objects(tmp_path: Path) -> None:
    read = {}
    for count in (FEW, MANY):
        folder = tmp_path / str(count)
        asyncio.run(start(folder))  # what only a first start makes
        connection = index.connect(folder / HIDDEN_NAME / "index.db")
        connection.execute("BEGIN")
        connection.executemany(_ADD, ((f"{number:07}", number) for number in range(1, count + 1)))
        connection.execute("COMMIT")
        connection.close()
        read[count] = asyncio.run(start(folder))
    assert read[MANY] <= MOST_BYTES
    assert abs(read[MANY] - read[FEW]) <= ONE_PAGE
