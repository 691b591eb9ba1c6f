"""What CopyObject and UploadPartCopy share: the source, its conditions, its bytes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote_to_bytes

from dvc_sync_s3.s3.checksums import ALGORITHMS, base64_text
from dvc_sync_s3.s3.conditions import is_not_modified
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.opening import open_object
from dvc_sync_s3.store.errors import BodyLost
from dvc_sync_s3.store.plain_file import is_changed, modified_ns

if TYPE_CHECKING:
    from dvc_sync_s3.s3.call import Call
    from dvc_sync_s3.s3.ranges import ByteRange
    from dvc_sync_s3.store.incoming import Incoming
    from dvc_sync_s3.store.model import StoredObject

COPY_SOURCE = "x-amz-copy-source"
_VERSION = b"?versionId="
_PIECE_BYTES = 1024 * 1024


def parse_copy_source(header: str) -> tuple[str, str]:
    """Return bucket and key; `header` is as HTTP gives it, Latin-1; raise `InvalidArgument` or `NoSuchVersion`.

    A plus is a space, as in a form.

    >>> parse_copy_source("/annotations/out/a%20b+c%2B"), parse_copy_source("annotations/318?versionId=null")
    (('annotations', 'out/a b c+'), ('annotations', '318'))
    """
    path, _, version = header.encode("latin-1").partition(_VERSION)
    if version not in {b"", b"null"}:
        raise S3Error("NoSuchVersion")
    try:
        # Decoded before it is split: some clients encode the slash after the bucket too.
        bucket, _, key = unquote_to_bytes(path.replace(b"+", b" ")).decode().removeprefix("/").partition("/")
    except UnicodeDecodeError:
        bucket = key = ""
    if not bucket or not key:
        raise S3Error("InvalidArgument", f"{COPY_SOURCE} must be a bucket, a slash and a key, percent-encoded UTF-8.")
    return bucket, key


@asynccontextmanager
async def opened_copy_source(call: Call) -> AsyncIterator[tuple[StoredObject, BinaryIO]]:
    """Open what `x-amz-copy-source` names while the block runs, if it meets `x-amz-copy-source-if-*`.

    Raises `NoSuchBucket`, `NoSuchKey`, `PreconditionFailed`, `InvalidRequest`.
    """
    headers = call.request.headers
    if any(name.startswith(f"{COPY_SOURCE}-server-side-encryption-customer-") for name in headers):
        raise S3Error("InvalidRequest", "The encryption parameters are not applicable to this object.")
    bucket, key = parse_copy_source(headers[COPY_SOURCE])
    opened = await open_object(call.store, bucket, key)
    if opened is None:
        raise S3Error("NoSuchKey" if call.store.has_bucket(bucket) else "NoSuchBucket")
    source, file = opened
    with file:
        conditions = {
            name.removeprefix(f"{COPY_SOURCE}-"): value for name, value in headers.items() if COPY_SOURCE in name
        }
        if is_not_modified(source, conditions):
            raise S3Error("PreconditionFailed")
        yield source, file


async def pieces(file: BinaryIO, offset: int, size: int) -> AsyncIterator[bytes]:
    """Yield `size` bytes of `file` from `offset`, a bounded piece at a time; raise OSError if it has fewer."""
    file.seek(offset)
    while size:
        piece = await asyncio.to_thread(file.read, min(size, _PIECE_BYTES))
        if not piece:
            raise OSError("a stored body ends before its size")
        size -= len(piece)
        yield piece


async def copy_into(
    incoming: Incoming, source: StoredObject, file: BinaryIO, wanted: ByteRange, algorithm: str
) -> tuple[str, str]:
    """Copy those bytes of the open `source` and return their MD5, in hexadecimal, and their checksum.

    Raises BodyLost if someone changes its plain file meanwhile.
    """
    begun_ns = modified_ns(file)
    md5, digest = hashlib.md5(usedforsecurity=False), ALGORITHMS[algorithm]()
    async for piece in pieces(file, wanted.first, wanted.size):
        await asyncio.gather(asyncio.to_thread(md5.update, piece), asyncio.to_thread(digest.update, piece))
        await incoming.write(piece)
    if is_changed(file, begun_ns, source.modified_at):
        raise BodyLost(source.bucket, source.key)
    return md5.hexdigest(), base64_text(digest.digest())
