"""PutBucketAcl: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.ownership import require_private_acl
from dvc_sync_s3.s3.response import Response


async def put_bucket_acl(call: Call) -> Response:
    """Take the access control list that the bucket has anyway; refuse any other."""
    call.bucket  # noqa: B018 - raises if there is none
    await require_private_acl(call)
    return Response()
