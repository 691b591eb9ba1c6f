"""Putting and reading whole bodies, as every test here does."""

from __future__ import annotations

import hashlib

from dvc_sync_s3.store.model import ListRequest, NewObject, Precondition, StoredObject
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.store.store import Store


def md5(body: bytes) -> str:
    return hashlib.md5(body).hexdigest()


async def put(
    store: Store, key: str, body: bytes, precondition: Precondition | None = None, *, bucket: str = "team"
) -> StoredObject:
    async with store.receive() as incoming:
        await incoming.write(body)
        return await store.put(NewObject(bucket, key, md5(body)), incoming, precondition)


def get(store: Reader, key: str, bucket: str = "team") -> bytes | None:
    opened = store.open(bucket, key)
    if opened is None:
        return None
    stored, body = opened
    with body:
        data = body.read()
    assert (stored.size, stored.etag) == (len(data), md5(data))
    return data


def keys(store: Reader, bucket: str = "team") -> list[str]:
    return [stored.key for stored in store.list(ListRequest(bucket, limit=100_000)).objects]
