"""HeadBucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.response import Response


async def head_bucket(call: Call) -> Response:
    """Say that the bucket exists."""
    call.bucket  # noqa: B018 - raises if it does not
    return Response(headers={"x-amz-bucket-region": "us-east-1", "Content-Type": "application/xml"})
