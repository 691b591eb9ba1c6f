"""PutBucketTagging: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.tagging import tagging_document, tags_in_document
from dvc_sync_s3.s3.xml_reading import read_document

_MAX_TAGS = 50


async def put_bucket_tagging(call: Call) -> Response:
    """Replace the bucket's tags."""
    bucket = call.bucket
    tags = tags_in_document(await read_document(call.body, "Tagging"), _MAX_TAGS)
    await call.store.put_bucket_document(bucket, BucketDocument.TAGGING, tagging_document(tags))
    return Response()
