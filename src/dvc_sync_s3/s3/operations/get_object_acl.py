"""GetObjectAcl: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.acl_xml import acl_document
from dvc_sync_s3.s3.access.authorization import object_access
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def get_object_acl(call: Call) -> Response:
    """Return the object's access control list; while lists are off, that the bucket's owner has full control."""
    found = object_access(call.stored, call.access)
    body = acl_document(call.accounts.stored(found.owner_id), found.acl, call.accounts)
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=body)
