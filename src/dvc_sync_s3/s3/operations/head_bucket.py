"""HeadBucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import region_of
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def head_bucket(call: Call) -> Response:
    """Say that the bucket exists."""
    return Response(headers={"x-amz-bucket-region": region_of(call.store, call.bucket), "Content-Type": CONTENT_TYPE})
