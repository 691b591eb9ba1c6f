"""GetBucketOwnershipControls: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.ownership import ownership_document
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def get_bucket_ownership_controls(call: Call) -> Response:
    """Say that the owner owns all objects and access control lists are off, unless that was deleted."""
    if call.store.bucket_document(call.bucket, BucketDocument.OWNERSHIP) == b"":
        raise S3Error("OwnershipControlsNotFoundError")
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=ownership_document())
