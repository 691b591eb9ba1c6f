"""GetBucketTagging: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def get_bucket_tagging(call: Call) -> Response:
    """Return the bucket's tags."""
    found = call.store.bucket_document(call.bucket, BucketDocument.TAGGING)
    if found is None:
        raise S3Error("NoSuchTagSet")
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=found)
