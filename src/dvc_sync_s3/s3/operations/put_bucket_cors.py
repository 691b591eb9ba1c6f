"""PutBucketCors: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.cors import ROOT, cors_document, read_rules
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml_reading import read_document


async def put_bucket_cors(call: Call) -> Response:
    """Keep the rules for pages of other origins."""
    bucket = call.bucket
    rules = read_rules(await read_document(call.body, ROOT, 64 * 1024))
    await call.store.put_bucket_document(bucket, BucketDocument.CORS, cors_document(rules))
    return Response()
