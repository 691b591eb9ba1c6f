"""Objects opened on the event loop: what takes long is done on a thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, BinaryIO

from dvc_sync_s3.store.errors import Unverified

if TYPE_CHECKING:
    from dvc_sync_s3.store.model import StoredObject
    from dvc_sync_s3.store.store import Store


async def open_object(store: Store, bucket: str, key: str) -> tuple[StoredObject, BinaryIO] | None:
    """Return what `Reader.open` returns; a plain file that lost its time is read whole beside the other requests.

    Raises BodyLost.
    """
    try:
        return store.open_at_once(bucket, key)
    except Unverified:
        return await asyncio.to_thread(store.open, bucket, key)
