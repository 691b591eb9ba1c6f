"""ListParts: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html."""

from __future__ import annotations

import asyncio

from dvc_sync_s3.s3.access.accounts import owner_node
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.listing import parse_number
from dvc_sync_s3.s3.multipart import upload_of
from dvc_sync_s3.s3.objects import storage_class
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.store.model import StoredPart

_MAX_PARTS = 1000


async def list_parts(call: Call) -> Response:
    """Return a page of the upload's parts, by number."""
    upload, query = upload_of(call), call.request.query
    most = min(parse_number(query, "max-parts", _MAX_PARTS), _MAX_PARTS)
    marker = parse_number(query, "part-number-marker", 0)
    found = await asyncio.to_thread(call.store.parts, upload.upload_id, marker, most + 1)
    page = found[:most]
    nodes: list[Node] = [
        ("Bucket", upload.bucket),
        ("Key", upload.key),
        ("UploadId", upload.upload_id),
        owner_node(call.accounts.stored(upload.initiator), "Initiator"),
        owner_node(call.owner_of(upload.owner)),
        ("StorageClass", storage_class(upload.headers)),
        ("PartNumberMarker", marker),
        ("NextPartNumberMarker", page[-1].number if page else marker),
        ("MaxParts", most),
        ("IsTruncated", len(found) > len(page) > 0),
        ("ChecksumAlgorithm", upload.checksum_algorithm),
        ("ChecksumType", upload.checksum_type),
        *map(_part, page),
    ]
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=document("ListPartsResult", nodes))


def _part(part: StoredPart) -> Node:
    return (
        "Part",
        [
            ("PartNumber", part.number),
            ("LastModified", part.modified_at),
            ("ETag", f'"{part.etag}"'),
            ("Size", part.size),
            *((f"Checksum{name}", value) for name, value in part.checksums),
        ],
    )
