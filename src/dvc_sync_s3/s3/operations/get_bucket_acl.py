"""GetBucketAcl: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.ownership import acl_document
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def get_bucket_acl(call: Call) -> Response:
    """Say that the owner has full control and nobody else any."""
    call.bucket  # noqa: B018 - raises if there is none
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=acl_document())
