"""ListMultipartUploads: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dvc_sync_s3.s3.access.accounts import owner_node
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.listing import parse_list_parameters, prefix_elements
from dvc_sync_s3.s3.objects import storage_class
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.store.model import Upload, UploadsRequest


async def list_multipart_uploads(call: Call) -> Response:
    """Return a page of the bucket's uploads that are neither completed nor aborted, by key and time."""
    query = call.request.query
    asked = parse_list_parameters(query, "max-uploads")
    marker = query.get("key-marker", "")
    upload_marker = query.get("upload-id-marker", "") if marker else ""  # AWS: ignored without a key-marker
    wanted = UploadsRequest(call.bucket, asked.prefix, asked.delimiter, marker, upload_marker, asked.max_keys)
    page = await asyncio.to_thread(call.store.uploads, wanted)
    nodes: list[Node] = [
        ("Bucket", wanted.bucket),
        ("KeyMarker", asked.encode(marker)),
        ("UploadIdMarker", upload_marker),
        ("NextKeyMarker", None if page.next_after is None else asked.encode(page.next_after)),
        ("NextUploadIdMarker", page.next_after_upload_id),
        ("Prefix", asked.encode(asked.prefix)),
        ("Delimiter", asked.encode(asked.delimiter) or None),
        ("MaxUploads", asked.max_keys),
        ("EncodingType", asked.encoding_type),
        ("IsTruncated", page.next_after is not None),
        *(_upload(call, upload, asked.encode) for upload in page.uploads),
        prefix_elements(page.common_prefixes, asked.encode),
    ]
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=document("ListMultipartUploadsResult", nodes))


def _upload(call: Call, upload: Upload, encode: Callable[[str], str]) -> Node:
    return (
        "Upload",
        [
            ("Key", encode(upload.key)),
            ("UploadId", upload.upload_id),
            owner_node(call.accounts.stored(upload.initiator), "Initiator"),
            owner_node(call.owner_of(upload.owner)),
            ("StorageClass", storage_class(upload.headers)),
            ("Initiated", upload.initiated_at),
            ("ChecksumAlgorithm", upload.checksum_algorithm),
            ("ChecksumType", upload.checksum_type),
        ],
    )
