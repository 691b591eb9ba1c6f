"""ListBuckets: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.accounts import owner_node
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import region_of
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.listing import read_token, write_token
from dvc_sync_s3.s3.request import Query
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document

_MAX_BUCKETS = 10_000


async def list_buckets(call: Call) -> Response:
    """Return a page of the buckets that who asks owns, by name."""
    query = call.request.query
    limit = _limit(query)
    after, prefix, region = read_token(query.get("continuation-token", "")), query.get("prefix"), _region(query)
    found = [
        bucket
        for bucket in call.store.buckets()
        if bucket.owner == call.requester.stored
        and bucket.name > after
        and bucket.name.startswith(prefix or "")
        and (region is None or region_of(call.store, bucket.name) == region)
    ]
    page = found[:limit]
    buckets: list[Node] = [("Bucket", [("Name", bucket.name), ("CreationDate", bucket.created_at)]) for bucket in page]
    nodes: list[Node] = [
        owner_node(call.requester),
        ("Buckets", buckets),
        ("ContinuationToken", write_token(page[-1].name) if len(found) > limit else None),
        ("Prefix", prefix),
    ]
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=document("ListAllMyBucketsResult", nodes))


def _region(query: Query) -> str | None:
    return query.get("bucket-region") or None


def _limit(query: Query) -> int:
    text = query.get("max-buckets", str(_MAX_BUCKETS))
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= _MAX_BUCKETS):
        raise S3Error("InvalidArgument", f"max-buckets must be a whole number from 1 to {_MAX_BUCKETS}.")
    return int(text)
