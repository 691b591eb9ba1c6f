"""ListObjects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html."""

from __future__ import annotations

import asyncio

from dvc_sync_s3.s3.access.accounts import owner_node
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.listing import object_elements, parse_list_parameters, prefix_elements
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.store.model import ListRequest


async def list_objects(call: Call) -> Response:
    """Return a page of the bucket's keys, the old way: with a marker that is a key."""
    asked = parse_list_parameters(call.request.query)
    marker = call.request.query.get("marker", "")
    wanted = ListRequest(call.bucket, asked.prefix, asked.delimiter, marker, asked.max_keys)
    page = await asyncio.to_thread(call.store.list, wanted)
    nodes: list[Node] = [
        ("Name", wanted.bucket),
        ("Prefix", asked.encode(asked.prefix)),
        ("Marker", asked.encode(marker)),
        ("MaxKeys", asked.max_keys),
        ("Delimiter", asked.encode(asked.delimiter) or None),
        ("EncodingType", asked.encoding_type),
        ("IsTruncated", page.next_after is not None),
        # AWS names the next marker only when there is a delimiter; naming it always helps and misleads nobody.
        ("NextMarker", None if page.next_after is None else asked.encode(page.next_after)),
        object_elements(page.objects, asked.encode, extra=lambda owner_id: [owner_node(call.owner_of(owner_id))]),
        prefix_elements(page.common_prefixes, asked.encode),
    ]
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=document("ListBucketResult", nodes))
