"""GetPublicAccessBlock: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.public_access import public_access_document
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def get_public_access_block(call: Call) -> Response:
    """Return what was put, or that everything public is blocked; what was removed is gone."""
    if call.store.bucket_document(call.bucket, BucketDocument.PUBLIC_ACCESS) == b"":
        raise S3Error("NoSuchPublicAccessBlockConfiguration")
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=public_access_document(call.access.block))
