"""DeleteBucketOwnershipControls: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketOwnershipControls.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.response import Response


async def delete_bucket_ownership_controls(call: Call) -> Response:
    """Remove the controls: objects are then their writers', and access control lists are on."""
    await call.store.put_bucket_document(call.bucket, BucketDocument.OWNERSHIP, b"")
    return Response(status=204)
