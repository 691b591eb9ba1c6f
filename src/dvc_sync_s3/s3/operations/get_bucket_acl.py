"""GetBucketAcl: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.acl import private_acl
from dvc_sync_s3.s3.access.acl_xml import acl_document
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def get_bucket_acl(call: Call) -> Response:
    """Return the bucket's access control list; while lists are off, that its owner has full control."""
    bucket = call.access
    acl = bucket.acl if bucket.has_lists else private_acl(bucket.owner_id)
    body = acl_document(call.accounts.stored(bucket.owner_id), acl, call.accounts)
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=body)
