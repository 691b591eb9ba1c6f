"""GetObjectAcl: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.ownership import acl_document
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def get_object_acl(call: Call) -> Response:
    """Say that the owner may do everything and nobody else anything."""
    call.stored  # noqa: B018 - raises if there is none
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=acl_document())
