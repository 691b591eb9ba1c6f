"""ListObjectVersions: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html."""

from __future__ import annotations

import asyncio

from dvc_sync_s3.s3.access.accounts import owner_node
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.listing import object_elements, parse_list_parameters, prefix_elements
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.store.model import ListRequest

_VERSION = "null"
"""The one version that an object has where no versions are kept."""


async def list_object_versions(call: Call) -> Response:
    """Return a page of the bucket's objects, each as its own and latest version."""
    query = call.request.query
    asked = parse_list_parameters(query)
    key_marker, version_marker = query.get("key-marker", ""), query.get("version-id-marker", "")
    if version_marker and not key_marker:
        raise S3Error("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
    wanted = ListRequest(call.bucket, asked.prefix, asked.delimiter, key_marker, asked.max_keys)
    page = await asyncio.to_thread(call.store.list, wanted)
    ends_with_object = page.next_after is not None and page.next_after not in page.common_prefixes

    def extra(owner_id: str | None) -> list[Node]:
        return [("VersionId", _VERSION), ("IsLatest", True), owner_node(call.owner_of(owner_id))]

    nodes: list[Node] = [
        ("Name", wanted.bucket),
        ("Prefix", asked.encode(asked.prefix)),
        ("KeyMarker", asked.encode(key_marker)),
        ("VersionIdMarker", version_marker),
        ("NextKeyMarker", None if page.next_after is None else asked.encode(page.next_after)),
        ("NextVersionIdMarker", _VERSION if ends_with_object else None),
        ("MaxKeys", asked.max_keys),
        ("Delimiter", asked.encode(asked.delimiter) or None),
        ("EncodingType", asked.encoding_type),
        ("IsTruncated", page.next_after is not None),
        object_elements(page.objects, asked.encode, name="Version", extra=extra),
        prefix_elements(page.common_prefixes, asked.encode),
    ]
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=document("ListVersionsResult", nodes))
