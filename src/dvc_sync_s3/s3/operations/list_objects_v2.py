"""ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html."""

from __future__ import annotations

import asyncio
import base64

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.listing import object_elements, parse_list_parameters, prefix_elements
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.store.model import ListRequest


async def list_objects_v2(call: Call) -> Response:
    """Return a page of the bucket's keys, with a token for the next one."""
    query = call.request.query
    asked = parse_list_parameters(query)
    token, start_after = query.get("continuation-token"), query.get("start-after")
    after = _read_token(token) if token is not None else start_after or ""
    wanted = ListRequest(call.bucket, asked.prefix, asked.delimiter, after, asked.max_keys)
    page = await asyncio.to_thread(call.store.list, wanted)
    nodes: list[Node] = [
        ("Name", wanted.bucket),
        ("Prefix", asked.encode(asked.prefix)),
        ("StartAfter", None if start_after is None else asked.encode(start_after)),
        ("ContinuationToken", token),
        ("NextContinuationToken", None if page.next_after is None else _write_token(page.next_after)),
        ("KeyCount", len(page.objects) + len(page.common_prefixes)),
        ("MaxKeys", asked.max_keys),
        ("Delimiter", asked.encode(asked.delimiter) or None),
        ("EncodingType", asked.encoding_type),
        ("IsTruncated", page.next_after is not None),
        *object_elements(page.objects, asked.encode),
        *prefix_elements(page.common_prefixes, asked.encode),
    ]
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=document("ListBucketResult", nodes))


def _write_token(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode()


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect") from None
