"""CopyObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from dvc_sync_s3.s3.access.acl_request import new_object_access
from dvc_sync_s3.s3.body import MAX_SIZE
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.checksums import (
    DEFAULT_ALGORITHM,
    FULL_OBJECT,
    checksum_nodes,
    required_algorithm,
)
from dvc_sync_s3.s3.conditions import write_precondition
from dvc_sync_s3.s3.copying import copy_into, opened_copy_source
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.objects import Description, copied_description, read_description
from dvc_sync_s3.s3.ranges import ByteRange
from dvc_sync_s3.s3.response import Response, answer_when_done
from dvc_sync_s3.s3.xml import Node, document
from dvc_sync_s3.store.model import NewObject

if TYPE_CHECKING:
    from dvc_sync_s3.s3.request import Headers
    from dvc_sync_s3.store.model import StoredObject

_CHANGES = ("x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-server-side-encryption")
"""Headers that make sense of copying an object to itself."""

_RANGES = ("range", "x-amz-copy-source-range")
"""Headers that ask for a part, which UploadPartCopy alone copies."""


async def copy_object(call: Call) -> Response:
    """Store another object's body under the key; it is durable once its answer is complete."""
    return await answer_when_done(_document(call))


async def _document(call: Call) -> bytes:
    bucket, key, headers = call.bucket, call.key, call.request.headers
    if any(name in headers for name in _RANGES):  # to copy it all would not be what was asked
        raise S3Error("NotImplemented", "A header you provided implies functionality that is not implemented")
    asked_algorithm = required_algorithm(headers, "x-amz-checksum-algorithm")
    precondition = write_precondition(headers)
    if precondition is not None:
        precondition(call.store.head(bucket, key))
    async with opened_copy_source(call) as (source, file):
        description, access = _description(source, headers), new_object_access(call)
        _check_source(source, call)
        algorithm = asked_algorithm or next((name for name, _ in source.checksums), DEFAULT_ALGORITHM)
        async with call.store.receive() as incoming:
            md5, checksum = await copy_into(incoming, source, file, ByteRange(0, source.size - 1), algorithm)
            new = NewObject(
                bucket=bucket,
                key=key,
                etag=md5,
                content_type=description.content_type,
                headers=description.headers,
                metadata=description.metadata,
                checksums=((algorithm, checksum),),
                tags=description.tags,
                checksum_type=FULL_OBJECT,
                owner=access.owner,
                acl=access.acl,
            )
            stored = await call.store.put(new, incoming, precondition)
    told: list[Node] = [("LastModified", stored.modified_at), ("ETag", f'"{stored.etag}"')]
    told += checksum_nodes(stored.checksums, stored.checksum_type)
    return document("CopyObjectResult", told)


def _check_source(source: StoredObject, call: Call) -> None:
    """Raise `InvalidRequest` for a source that can't be copied here."""
    request = call.request
    is_itself = (source.bucket, source.key) == (request.bucket, request.key)
    is_changed = _replaces(request.headers, "metadata") or any(name in request.headers for name in _CHANGES)
    if is_itself and not is_changed:
        raise S3Error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes.",
        )
    if source.size > MAX_SIZE:
        raise S3Error("InvalidRequest", f"A copy source may have at most {MAX_SIZE} bytes: copy it in parts.")


def _description(source: StoredObject, headers: Headers) -> Description:
    asked, copied = read_description(headers), copied_description(source, headers)
    if not _replaces(headers, "tagging"):
        asked = replace(asked, tags=copied.tags)
    if not _replaces(headers, "metadata"):
        return replace(copied, tags=asked.tags)
    return asked


def _replaces(headers: Headers, what: str) -> bool:
    """Tell whether the request says `what` anew instead of taking the source's; raise `InvalidArgument`."""
    directive = headers.get(f"x-amz-{what}-directive", "COPY")
    if directive not in {"COPY", "REPLACE"}:
        raise S3Error("InvalidArgument", f"Unknown {what} directive.")
    return directive == "REPLACE"
