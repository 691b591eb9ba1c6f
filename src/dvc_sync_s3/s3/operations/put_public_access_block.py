"""PutPublicAccessBlock: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.public_access import ROOT, public_access_document, read_public_access
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml_reading import read_document


async def put_public_access_block(call: Call) -> Response:
    """Replace what the bucket blocks of public access."""
    bucket = call.bucket
    blocked = read_public_access(await read_document(call.body, ROOT))
    await call.store.put_bucket_document(bucket, BucketDocument.PUBLIC_ACCESS, public_access_document(blocked))
    return Response()
