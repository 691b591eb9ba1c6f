"""DeletePublicAccessBlock: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.response import Response


async def delete_public_access_block(call: Call) -> Response:
    """Block nothing more: what lists or a policy make public is so."""
    await call.store.put_bucket_document(call.bucket, BucketDocument.PUBLIC_ACCESS, b"")
    return Response(status=204)
