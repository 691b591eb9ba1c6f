"""A client that uploads in parts, and marks in the journal what was acknowledged."""

from __future__ import annotations

import ctypes
import hashlib
import json
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TypeVar

from dvc_sync_s3.store.incoming import SMALL_BYTES
from dvc_sync_s3.store.model import NewObject, NewUpload, StoredObject, StoredPart
from dvc_sync_s3.store.store import Store

T = TypeVar("T")

SIZES = (0, 7, 3_000, SMALL_BYTES + 5, 300, 12_000, 70_000)
EMPTY, SMALL, MIDDLE, LARGE = 0, 1, 2, 3
"""Of `SIZES`; the large one doesn't stay in memory."""
GONE = "-"
DOCUMENT = "cors"


def body_of(number: int) -> bytes:
    size = SIZES[number % len(SIZES)]
    return (f"{number}:".encode() * size)[:size]


def md5_of(body: bytes) -> str:
    return hashlib.md5(body).hexdigest()


def mark(*words: object) -> None:
    ctypes.CDLL(None).power_cut_mark(" ".join(map(str, words)).encode())


@dataclass(frozen=True, slots=True)
class Held:
    """What a bucket holds: each object's MD5 by its key, and of each upload, by its key, each part's by its number."""

    objects: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    document: str | None = None

    def __str__(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


class Uploader:
    """The only client of `bucket`: marks before each step what the bucket will hold, and after it that it does."""

    def __init__(self, store: Store, bucket: str, first_number: int) -> None:
        self._store = store
        self._bucket = bucket
        self._number = first_number
        self._held = Held()
        self._bodies: dict[str, dict[int, bytes]] = {}
        self._ids: dict[str, str] = {}

    async def make_bucket(self) -> None:
        await self._step(Held(), self._store.create_bucket(self._bucket))

    async def put_document(self, text: str) -> None:
        write = self._store.put_bucket_document(self._bucket, DOCUMENT, text.encode())
        await self._step(replace(self._held, document=text), write)

    async def delete_bucket(self) -> None:
        for key in self._ids:
            mark("ending", self._bucket, key)
        await self._step(None, self._store.delete_bucket(self._bucket))

    async def put(self, key: str) -> None:
        body = self._new_body(SMALL)
        await self._step(self._with_object(key, body), self._put(key, body))

    async def delete(self, key: str) -> None:
        left = {other: digest for other, digest in self._held.objects.items() if other != key}
        await self._step(replace(self._held, objects=left), self._store.delete(self._bucket, key))

    async def create(self, key: str) -> None:
        self._bodies[key] = {}
        upload = await self._step(self._with_parts(key), self._store.create_upload(NewUpload(self._bucket, key)))
        self._ids[key] = upload.upload_id
        mark("created", self._bucket, key, upload.upload_id)

    async def put_part(self, key: str, number: int, size: int) -> None:
        body = self._bodies[key][number] = self._new_body(size)
        await self._step(self._with_parts(key), self._put_part(self._ids[key], number, body))

    async def complete(self, key: str, numbers: Sequence[int]) -> None:
        mark("ending", self._bucket, key)
        body = b"".join(self._bodies[key][number] for number in numbers)
        parts = self._store.parts(self._ids[key], 0, 1000)
        chosen = [part for part in parts if part.number in numbers]
        new = NewObject(self._bucket, key, md5_of(body))
        then = replace(self._with_object(key, body), uploads=self._uploads_without(key))
        await self._step(then, self._store.complete_upload(self._ids[key], chosen, new))

    async def abort(self, key: str) -> None:
        mark("ending", self._bucket, key)
        await self._step(
            replace(self._held, uploads=self._uploads_without(key)), self._store.abort_upload(self._ids[key])
        )

    async def _step(self, then: Held | None, write: Awaitable[T]) -> T:
        mark("going", self._bucket, then or GONE)
        result = await write
        mark("went", self._bucket)
        self._held = then or Held()
        return result

    async def _put(self, key: str, body: bytes) -> StoredObject:
        async with self._store.receive() as incoming:
            await incoming.write(body)
            return await self._store.put(NewObject(self._bucket, key, md5_of(body)), incoming)

    async def _put_part(self, upload_id: str, number: int, body: bytes) -> StoredPart:
        async with self._store.receive() as incoming:
            await incoming.write(body)
            return await self._store.put_part(upload_id, number, incoming, md5_of(body))

    def _new_body(self, size: int) -> bytes:
        self._number += len(SIZES)
        return body_of(self._number + size)

    def _with_object(self, key: str, body: bytes) -> Held:
        return replace(self._held, objects={**self._held.objects, key: md5_of(body)})

    def _with_parts(self, key: str) -> Held:
        parts = {number: md5_of(body) for number, body in self._bodies[key].items()}
        return replace(self._held, uploads={**self._held.uploads, key: parts})

    def _uploads_without(self, key: str) -> Mapping[str, Mapping[int, str]]:
        return {other: parts for other, parts in self._held.uploads.items() if other != key}


async def upload_on(uploader: Uploader) -> None:
    await uploader.make_bucket()
    await uploader.put_document("rules")
    await uploader.create("a/b")
    await uploader.put_part("a/b", 1, SMALL)
    await uploader.put_part("a/b", 2, LARGE)
    await uploader.put_part("a/b", 1, LARGE)  # in place of the small one
    await uploader.put_part("a/b", 2, SMALL)
    await uploader.put_part("a/b", 7, EMPTY)
    await uploader.put("a/b")
    await uploader.complete("a/b", (1, 2))
    await uploader.create("a/b")
    await uploader.put_part("a/b", 3, MIDDLE)
    await uploader.abort("a/b")
    await uploader.create("a//b")
    await uploader.put_part("a//b", 1, SMALL)
    await uploader.complete("a//b", (1,))
    await uploader.create("left")
    await uploader.put_part("left", 1, SMALL)
    await uploader.delete("a/b")
    await uploader.delete("a//b")
    await uploader.delete_bucket()
    await uploader.make_bucket()
    await uploader.create("a/b")
    await uploader.put_part("a/b", 1, LARGE)
    await uploader.put_part("a/b", 2, SMALL)
