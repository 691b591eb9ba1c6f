"""DeleteBucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.response import Response


async def delete_bucket(call: Call) -> Response:
    """Remove the bucket, which must be empty."""
    await call.store.delete_bucket(call.bucket)
    return Response(status=204)
