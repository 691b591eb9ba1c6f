"""GetBucketOwnershipControls: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.ownership import ownership_document
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def get_bucket_ownership_controls(call: Call) -> Response:
    """Say whose the objects are and whether access control lists are on, unless the controls were removed."""
    if call.store.bucket_document(call.bucket, BucketDocument.OWNERSHIP) == b"":
        raise S3Error("OwnershipControlsNotFoundError")
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=ownership_document(call.access.ownership))
