"""DeleteBucketTagging: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.response import Response


async def delete_bucket_tagging(call: Call) -> Response:
    """Remove the bucket's tags."""
    await call.store.put_bucket_document(call.bucket, BucketDocument.TAGGING, None)
    return Response(status=204)
