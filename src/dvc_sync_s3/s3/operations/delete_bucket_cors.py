"""DeleteBucketCors: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.response import Response


async def delete_bucket_cors(call: Call) -> Response:
    """Remove the rules for pages of other origins; the default ones hold again."""
    await call.store.put_bucket_document(call.bucket, BucketDocument.CORS, None)
    return Response(status=204)
