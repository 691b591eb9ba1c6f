"""CompleteMultipartUpload: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dvc_sync_s3.s3.checksums import ALGORITHM_OF_HEADER, HEADER_PREFIX, checksum_nodes
from dvc_sync_s3.s3.conditions import write_precondition
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.multipart import (
    MAX_PARTS,
    ChosenPart,
    chosen_parts,
    found_parts,
    upload_of,
    whole_checksum,
    whole_etag,
)
from dvc_sync_s3.s3.response import Response, answer_when_done
from dvc_sync_s3.s3.xml import Node, document
from dvc_sync_s3.s3.xml_reading import read_document
from dvc_sync_s3.store.errors import NoSuchUpload
from dvc_sync_s3.store.model import NewObject, ObjectPart

if TYPE_CHECKING:
    from dvc_sync_s3.s3.call import Call
    from dvc_sync_s3.s3.request import Headers
    from dvc_sync_s3.store.model import StoredObject, StoredPart, Upload

_MAX_BYTES = 4 * 1024**2
"""Room for 10,000 parts with their checksums."""


async def complete_multipart_upload(call: Call) -> Response:
    """Make the chosen parts one object; asked again, say again that it is there."""
    bucket, key = call.bucket, call.key
    chosen = chosen_parts(await read_document(call.body, "CompleteMultipartUpload", _MAX_BYTES))
    return await answer_when_done(_document(call, bucket, key, chosen))


async def _document(call: Call, bucket: str, key: str, chosen: Sequence[ChosenPart]) -> bytes:
    try:
        stored = await _complete(call, chosen)
    except NoSuchUpload:
        # A client that missed the answer asks again: what it wants is there if the object is made of these parts.
        found = call.store.head(bucket, key)
        if found is None or found.etag != whole_etag([part.etag for part in chosen]):
            raise
        stored = found
    nodes: list[Node] = [
        ("Location", call.request.location),
        ("Bucket", bucket),
        ("Key", key),
        ("ETag", f'"{stored.etag}"'),
        *checksum_nodes(stored.checksums, stored.checksum_type),
    ]
    return document("CompleteMultipartUploadResult", nodes)


async def _complete(call: Call, chosen: Sequence[ChosenPart]) -> StoredObject:
    upload, headers = upload_of(call), call.request.headers
    parts = found_parts(chosen, await asyncio.to_thread(call.store.parts, upload.upload_id, 0, MAX_PARTS))
    new = _whole(upload, parts)
    _check_claims(new, sum(part.size for part in parts), headers)
    precondition = write_precondition(headers)
    if precondition is not None:
        precondition(call.store.head(upload.bucket, upload.key))  # it may fail now already, before bytes are copied
    return await call.store.complete_upload(upload.upload_id, parts, new, precondition)


def _whole(upload: Upload, parts: Sequence[StoredPart]) -> NewObject:
    checksums, kind = whole_checksum(upload, parts)
    return NewObject(
        bucket=upload.bucket,
        key=upload.key,
        etag=whole_etag([part.etag for part in parts]),
        content_type=upload.content_type,
        headers=upload.headers,
        metadata=upload.metadata,
        checksums=checksums,
        tags=upload.tags,
        checksum_type=kind,
        owner=upload.owner,
        acl=upload.acl,
        parts=tuple(ObjectPart(part.number, part.size, part.checksums) for part in parts),
    )


def _check_claims(new: NewObject, size: int, headers: Headers) -> None:
    """Raise `BadDigest` or `InvalidRequest` unless the object is what the client says that it will be."""
    claims = {(algorithm, headers[name]) for name, algorithm in ALGORITHM_OF_HEADER.items() if name in headers}
    if not claims <= set(new.checksums):
        raise S3Error("BadDigest", "The checksum you specified did not match that of the parts put together.")
    if headers.get(f"{HEADER_PREFIX}type", new.checksum_type) != new.checksum_type:
        raise S3Error("InvalidRequest", f"The upload's checksum type is {new.checksum_type}.")
    if headers.get("x-amz-mp-object-size", str(size)) != str(size):
        raise S3Error("InvalidRequest", f"The parts have {size} bytes together, not what x-amz-mp-object-size says.")
