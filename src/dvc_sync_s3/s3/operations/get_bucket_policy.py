"""GetBucketPolicy: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response


async def get_bucket_policy(call: Call) -> Response:
    """Return the bucket's policy as it was put."""
    found = call.store.bucket_document(call.bucket, BucketDocument.POLICY)
    if found is None:
        raise S3Error("NoSuchBucketPolicy")
    return Response(headers={"Content-Type": "application/json"}, body=found)
