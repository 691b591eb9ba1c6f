"""PutBucketOwnershipControls: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.ownership import require_enforced_ownership
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml_reading import read_document


async def put_bucket_ownership_controls(call: Call) -> Response:
    """Take the ownership that every bucket has anyway; refuse any other."""
    bucket = call.bucket
    controls = await read_document(call.body, "OwnershipControls")
    ownership = controls.findtext("Rule/ObjectOwnership")
    if ownership is None:
        raise S3Error("MalformedXML")
    require_enforced_ownership(ownership)
    await call.store.put_bucket_document(bucket, BucketDocument.OWNERSHIP, None)
    return Response()
