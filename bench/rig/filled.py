"""A store that holds many objects, filled in one process through the store's own writes, a transaction for all.

Their plain files are left out: what is measured on such a store reads none of them.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store import index
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.puts import put_of, put_together
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.store.transaction import Transaction
from dvc_sync_s3.store.writes import Body
from dvc_sync_s3.sync.ledger import Ledger
from rig.signing import BUCKET

_ETAG = "0123456789abcdef0123456789abcdef"
_GROUP = 1024


def fill_store(folder: Path, keys: Iterable[str]) -> None:
    """Make the data folder `folder` hold an object for each of `keys`, as if the sync had synced all of them."""
    asyncio.run(_make(folder))
    connection = index.connect(folder / HIDDEN_NAME / "index.db")
    connection.execute("BEGIN IMMEDIATE")
    transaction = Transaction(connection, int(time.time() * 1e6))
    body = Body(2048, b"", None)
    remaining = iter(keys)
    while group := list(itertools.islice(remaining, _GROUP)):
        put_together(transaction, [put_of(NewObject(BUCKET, key, _ETAG, "application/json"), body) for key in group])
    connection.execute("UPDATE objects SET place = 'tree' WHERE place = 'body'")
    connection.execute("DELETE FROM packs")
    transaction.finish()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    _call_it_synced(folder / HIDDEN_NAME, transaction.seq)


async def _make(folder: Path) -> None:
    store = Store(folder, SystemClock())
    await store.start()
    await store.create_bucket(BUCKET)
    await store.close()


def _call_it_synced(hidden: Path, seq: int) -> None:
    ledger = Ledger(hidden)
    ledger.covered([], seq)
    ledger.close()


def count_objects(folder: Path) -> int:
    """Return how many objects the data folder holds."""
    with sqlite3.connect(folder / HIDDEN_NAME / "index.db") as connection:
        return int(connection.execute("SELECT count(*) FROM objects").fetchone()[0])
