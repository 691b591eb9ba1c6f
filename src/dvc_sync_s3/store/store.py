"""The store: what the S3 side writes to and reads from."""

from __future__ import annotations

import asyncio
import functools
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from dvc_sync_s3.process import FileLock, Turn
from dvc_sync_s3.store import adopt, buckets, history, index, placement, uploads, writes
from dvc_sync_s3.store.checkpointer import Checkpointer
from dvc_sync_s3.store.committer import Committer
from dvc_sync_s3.store.errors import NoSuchPart
from dvc_sync_s3.store.generation import Generation
from dvc_sync_s3.store.incoming import SMALL_BYTES, Incoming, remove_file
from dvc_sync_s3.store.known_buckets import KnownBuckets
from dvc_sync_s3.store.publisher import Publisher
from dvc_sync_s3.store.puts import put_if
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.store.remembered import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    from dvc_sync_s3.clock import Clock
    from dvc_sync_s3.store.model import (
        Bucket,
        Headers,
        NewObject,
        NewUpload,
        Precondition,
        StoredObject,
        StoredPart,
        Upload,
    )
    from dvc_sync_s3.store.transaction import Transaction

T = TypeVar("T")


class Store(Reader):
    """Keep objects under `folder`; several processes may, each with a store of its own.

    When a write returns, its bytes and its change survive a power cut, and reads of any process show them.
    Writes raise sqlite3.Error or OSError if the disk refuses them; then nothing of them is listed.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        upload_expiry: timedelta | None = None,
        wake_publisher: Callable[[], None] | None = None,
    ) -> None:
        """Keep uploads in parts that get nothing for `upload_expiry` no longer than a day more, without it for ever.

        Plain files are written by a thread of this store, unless another process does it that `wake_publisher` wakes.
        """
        super().__init__(folder, MOST_BYTES)
        self._wake_publisher = wake_publisher
        self._upload_expiry = upload_expiry
        self._clock = clock
        self._buckets: KnownBuckets | None = None
        self._committer: Committer | None = None
        self._publisher: Publisher | None = None
        self._checkpointer: Checkpointer | None = None

    async def start(self) -> adopt.Adoption:
        """Open or create the index and return what was adopted from an older service, now or never again.

        Raises Blocked if a newer version of the service made the index, sqlite3.Error or OSError if the
        disk refuses.
        """
        return await asyncio.to_thread(self._start)

    async def close(self) -> None:
        """Commit what is queued and end the threads; plain files not yet written are written after the next start."""
        await asyncio.to_thread(self._close)

    async def create_bucket(
        self,
        name: str,
        owner: str | None = None,
        acl: str | None = None,
        documents: Mapping[str, bytes] = MappingProxyType({}),
    ) -> bool:
        """Return whether the bucket is new; one that is there stays as it is.

        Raises ValueError if no bucket may have that name.
        """
        if not placement.is_bucket_name(name):
            raise ValueError(f"no bucket can be called {name!r}")
        write = functools.partial(buckets.create_bucket, name=name, owner=owner, acl=acl, documents=documents)
        return await self._write_bucket(write)

    async def delete_bucket(self, name: str) -> None:
        """Remove the bucket, its documents and its unfinished uploads; raises NoSuchBucket or BucketNotEmpty."""
        files = await self._write_bucket(functools.partial(buckets.delete_bucket, name=name))
        await self._clear(writes.Superseded(parts=files))

    async def put_bucket_document(self, bucket: str, name: str, document: bytes | None) -> None:
        """Keep a small `document` with the bucket under `name`, or none if None; raises NoSuchBucket."""
        write = functools.partial(buckets.put_document, bucket=bucket, name=name, document=document)
        await self._write_bucket(write)

    async def set_bucket_acl(self, bucket: str, acl: str | None) -> None:
        """Replace the bucket's access control list; raises NoSuchBucket."""
        await self._write_bucket(functools.partial(buckets.set_acl, name=bucket, acl=acl))

    def bucket(self, name: str) -> Bucket | None:
        """Return the bucket with all that is kept with it, or None."""
        return super().bucket(name) if self._buckets is None else self._buckets.get(name)

    def has_bucket(self, name: str) -> bool:
        """Return whether the bucket exists."""
        return self.bucket(name) is not None

    def bucket_document(self, bucket: str, name: str) -> bytes | None:
        """Return what was put under this name with the bucket, or None."""
        return None if (found := self.bucket(bucket)) is None else dict(found.documents).get(name)

    def receive(self) -> Incoming:
        """Return an empty body, an asynchronous context manager, to be written and then put."""
        return Incoming(self._folder)

    async def try_write(self) -> None:
        """Write to the disk and to the index as a put does, and leave nothing; raises what a put raises."""
        async with self.receive() as incoming:
            await incoming.write(bytes(SMALL_BYTES + 1))
            await incoming.seal()
        await self._writing().write(writes.leave_nothing)

    async def put(self, new: NewObject, incoming: Incoming, precondition: Precondition | None = None) -> StoredObject:
        """Store `incoming` as the object's body; raises NoSuchBucket or what `precondition` raises."""
        stored, superseded = await self._commit(incoming, put_if(new, await incoming.seal(), precondition))
        await self._clear(superseded)
        return stored

    async def put_bytes(self, new: NewObject, data: bytes, precondition: Precondition | None = None) -> StoredObject:
        """Store a body that is in memory, up to `SMALL_BYTES` of it; otherwise as `put`."""
        stored, superseded = await self._writing().write(put_if(new, writes.Body(len(data), data, None), precondition))
        if superseded.staged is not None:
            await self._clear(superseded)
        return stored

    async def set_tags(self, bucket: str, key: str, tags: Headers) -> bool:
        """Replace the object's tags and return whether there is one: no change, for its content stays.

        Raises NoSuchBucket.
        """
        return await self._writing().write(functools.partial(writes.set_tags, bucket=bucket, key=key, tags=tags))

    async def set_acl(self, stored: StoredObject, acl: str | None) -> bool:
        """Replace the object's access control list, which is no change; return whether `stored` is still there."""
        return await self._writing().write(functools.partial(writes.set_acl, stored=stored, acl=acl))

    async def delete(self, bucket: str, key: str, precondition: Precondition | None = None) -> int | None:
        """Remove the object and return the change's seq, None if there was nothing to remove.

        Raises NoSuchBucket or what `precondition` raises.
        """
        write = functools.partial(writes.delete, bucket=bucket, key=key, precondition=precondition)
        seq, superseded = await self._writing().write(write)
        await self._clear(superseded)
        return seq

    async def create_upload(self, new: NewUpload) -> Upload:
        """Begin a multipart upload; raises NoSuchBucket."""
        return await self._writing().write(functools.partial(uploads.create, new=new))

    async def put_part(
        self, upload_id: str, number: int, incoming: Incoming, etag: str, checksums: Headers = ()
    ) -> StoredPart:
        """Store `incoming` as a part, in place of an earlier one of this number; raises NoSuchUpload."""
        body = await incoming.seal_into(self._folder.uploads)
        write = functools.partial(
            uploads.put_part, upload_id=upload_id, number=number, body=body, etag=etag, checksums=checksums
        )
        part, superseded = await self._commit(incoming, write)
        await self._clear(superseded)
        return part

    async def abort_upload(self, upload_id: str) -> None:
        """Forget the upload and its parts; raises NoSuchUpload."""
        await self._clear(await self._writing().write(functools.partial(uploads.abort, upload_id=upload_id)))

    async def complete_upload(
        self, upload_id: str, chosen: Sequence[StoredPart], new: NewObject, precondition: Precondition | None = None
    ) -> StoredObject:
        """Store the chosen parts, put together in their order, as the object's body; the upload is then gone.

        Raises NoSuchUpload, NoSuchPart if one isn't there as it was when it was chosen, or what `precondition`
        raises; the upload then stands as it was. Of several at once only one doesn't raise.
        """
        async with self.receive() as incoming:
            files = await asyncio.to_thread(self._files_of, upload_id, chosen)
            for part, file in files.items():
                if not await incoming.append(self._folder.uploads / file, part.size):
                    await asyncio.to_thread(self._files_of, upload_id, chosen)  # says so if all of it is gone
                    raise NoSuchPart(upload_id, part.number)
            body = await incoming.seal()
            write = functools.partial(
                uploads.complete, upload_id=upload_id, chosen=files, new=new, body=body, precondition=precondition
            )
            stored, superseded = await self._commit(incoming, write)
        await self._clear(superseded)
        return stored

    def publish(self) -> int:
        """Write plain files for all that is committed and return how many changes that were.

        Blocks; the publishing thread does it unasked. Does nothing while another process is the publisher.
        """
        return 0 if self._publisher is None else self._publisher.publish()

    def _start(self) -> adopt.Adoption:
        self._folder.make()
        setup = FileLock(self._folder.setup_lock)
        setup.acquire()
        try:
            rules = self._folder.rules()
            connection = index.set_up(self._folder.index)
            try:
                adoption = adopt.adopt(self._folder, connection, rules, self._clock)
                history.note_start(connection)
            except BaseException:
                connection.close()
                raise
        finally:
            setup.release()
        self._checkpointer = Checkpointer(self._folder.index, Turn(self._folder.writers_turn))
        turn, generation = Turn(self._folder.writers_turn), Generation(self._folder.generation)
        self._committer = Committer(connection, turn, generation, self._clock, self._committed)
        self._generation = Generation(self._folder.generation)
        self._buckets = KnownBuckets(super().bucket, Generation(self._folder.bucket_generation))
        if self._wake_publisher is None:
            publisher = Publisher(self._folder, rules, self._committer, self._clock, self._upload_expiry)
            publisher.start()
            self._publisher, self._wake_publisher = publisher, publisher.wake
        return adoption

    def _close(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
        if self._committer is not None:
            self._committer.close()
        if self._checkpointer is not None:
            self._checkpointer.close()
        if self._publisher is not None:
            self._wake_publisher = None
        self._publisher = self._committer = self._checkpointer = None
        self.close_connections()
        if self._buckets is not None:
            self._buckets.close()
            self._buckets = None
        if self._generation is not None:
            self._generation.close()
            self._generation = None

    def _committed(self, writes: int) -> None:
        if self._wake_publisher is not None:
            self._wake_publisher()
        if self._checkpointer is not None:
            self._checkpointer.wake(writes)

    def _writing(self) -> Committer:
        if self._committer is None:
            raise RuntimeError("the store isn't started")
        return self._committer

    async def _write_bucket(self, write: Callable[[Transaction], T]) -> T:
        committer, known = self._writing(), self._buckets
        assert known is not None
        return await asyncio.shield(known.change(committer.write(write)))  # a caller who leaves takes no write back

    async def _commit(self, incoming: Incoming, write: Callable[[Transaction], T]) -> T:
        try:
            result = await self._writing().write(write)
        except asyncio.CancelledError:
            incoming.hand_over()  # it may still be committed
            raise
        incoming.hand_over()
        return result

    def _files_of(self, upload_id: str, chosen: Sequence[StoredPart]) -> dict[StoredPart, str]:
        return uploads.files_of(self._connection(), upload_id, chosen)

    async def _clear(self, superseded: writes.Superseded) -> None:
        if superseded.staged is not None:
            remove_file(self._folder.staging / superseded.staged)
        if superseded.parts:
            await asyncio.to_thread(self._remove_parts, superseded.parts)

    def _remove_parts(self, files: Sequence[str]) -> None:
        for file in files:
            remove_file(self._folder.uploads / file)
