"""PutBucketAcl: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.acl_request import asked_acl
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.response import Response


async def put_bucket_acl(call: Call) -> Response:
    """Replace the bucket's access control list; while lists are off, take only the one that it has anyway."""
    bucket = call.access
    acl = await asked_acl(call, call.accounts.stored(bucket.owner_id))
    if bucket.has_lists:
        await call.store.set_bucket_acl(bucket.name, acl)
    return Response()
