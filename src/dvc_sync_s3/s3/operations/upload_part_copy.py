"""UploadPartCopy: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html."""

from __future__ import annotations

import re

from dvc_sync_s3.s3.body import MAX_SIZE
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.checksums import DEFAULT_ALGORITHM
from dvc_sync_s3.s3.copying import copy_into, opened_copy_source
from dvc_sync_s3.s3.encryption import check_write_encryption
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.multipart import part_number, upload_of
from dvc_sync_s3.s3.ranges import ByteRange
from dvc_sync_s3.s3.response import Response, answer_when_done
from dvc_sync_s3.s3.xml import Node, document

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})", re.ASCII)


async def upload_part_copy(call: Call) -> Response:
    """Store another object's body, or a range of it, as a part; it is durable once its answer is complete."""
    return await answer_when_done(_document(call))


async def _document(call: Call) -> bytes:
    upload, number = upload_of(call), part_number(call)
    check_write_encryption(call.request.headers)
    algorithm = upload.checksum_algorithm or DEFAULT_ALGORITHM
    async with opened_copy_source(call) as (source, file):
        wanted = copied_range(call.request.headers.get("x-amz-copy-source-range"), source.size)
        async with call.store.receive() as incoming:
            md5, checksum = await copy_into(incoming, source, file, wanted, algorithm)
            part = await call.store.put_part(upload.upload_id, number, incoming, md5, ((algorithm, checksum),))
    nodes: list[Node] = [("LastModified", part.modified_at), ("ETag", f'"{part.etag}"')]
    nodes += [(f"Checksum{name}", value) for name, value in part.checksums]
    return document("CopyPartResult", nodes)


def copied_range(header: str | None, size: int) -> ByteRange:
    """Return the bytes to copy of a source of `size` bytes; raise `InvalidArgument`, `InvalidRange`, `InvalidRequest`.

    >>> copied_range("bytes=2-4", 10), copied_range(None, 10)
    (ByteRange(first=2, last=4), ByteRange(first=0, last=9))
    """
    wanted = ByteRange(0, size - 1)
    if header is not None:
        found = _RANGE.fullmatch(header)
        if found is None or int(found[2]) < int(found[1]):
            problem = "The x-amz-copy-source-range value must be of the form bytes=first-last."
            raise S3Error("InvalidArgument", problem)
        wanted = ByteRange(int(found[1]), int(found[2]))
        if wanted.last >= size:
            raise S3Error("InvalidRange", f"Range specified is not valid for source object of size: {size}")
    if wanted.size > MAX_SIZE:
        raise S3Error("InvalidRequest", f"A part has at most {MAX_SIZE} bytes.")
    return wanted
