"""ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html."""

from __future__ import annotations

import asyncio

from dvc_sync_s3.s3.access.accounts import owner_node
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.listing import (
    object_elements,
    parse_list_parameters,
    prefix_elements,
    read_token,
    write_token,
)
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.store.model import ListRequest


async def list_objects_v2(call: Call) -> Response:
    """Return a page of the bucket's keys, with a token for the next one."""
    query = call.request.query
    asked = parse_list_parameters(query)
    token, start_after = query.get("continuation-token"), query.get("start-after")
    after = read_token(token) if token is not None else start_after or ""
    wanted = ListRequest(call.bucket, asked.prefix, asked.delimiter, after, asked.max_keys)
    page = await asyncio.to_thread(call.store.list, wanted)

    def owner(owner_id: str | None) -> list[Node]:
        return [owner_node(call.owner_of(owner_id))] if query.get("fetch-owner") == "true" else []

    nodes: list[Node] = [
        ("Name", wanted.bucket),
        ("Prefix", asked.encode(asked.prefix)),
        ("StartAfter", None if start_after is None else asked.encode(start_after)),
        ("ContinuationToken", token),
        ("NextContinuationToken", None if page.next_after is None else write_token(page.next_after)),
        ("KeyCount", len(page.objects) + len(page.common_prefixes)),
        ("MaxKeys", asked.max_keys),
        ("Delimiter", asked.encode(asked.delimiter) or None),
        ("EncodingType", asked.encoding_type),
        ("IsTruncated", page.next_after is not None),
        object_elements(page.objects, asked.encode, extra=owner),
        prefix_elements(page.common_prefixes, asked.encode),
    ]
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=document("ListBucketResult", nodes))
