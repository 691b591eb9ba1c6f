"""PutBucketOwnershipControls: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.acl import private_acl
from dvc_sync_s3.s3.access.ownership import Ownership, read_ownership
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml_reading import read_document


async def put_bucket_ownership_controls(call: Call) -> Response:
    """Turn access control lists on or off; off only while the bucket's own lets in nobody but its owner."""
    bucket = call.access
    controls = await read_document(call.body, "OwnershipControls")
    named = controls.findtext("Rule/ObjectOwnership")
    if named is None:
        raise S3Error("MalformedXML")
    ownership = read_ownership(named)
    if ownership is Ownership.ENFORCED and bucket.acl != private_acl(bucket.owner_id):
        raise S3Error("InvalidBucketAclWithObjectOwnership")
    await call.store.put_bucket_document(bucket.name, BucketDocument.OWNERSHIP, ownership.encode())
    return Response()
