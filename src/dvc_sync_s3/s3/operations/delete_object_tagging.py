"""DeleteObjectTagging: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response


async def delete_object_tagging(call: Call) -> Response:
    """Remove the object's tags, durably."""
    if not await call.store.set_tags(call.bucket, call.key, ()):
        raise S3Error("NoSuchKey")
    return Response(status=204)
