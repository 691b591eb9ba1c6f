"""DeleteBucketPolicy: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.response import Response


async def delete_bucket_policy(call: Call) -> Response:
    """Remove the bucket's policy, if it has one."""
    await call.store.put_bucket_document(call.bucket, BucketDocument.POLICY, None)
    return Response(status=204)
