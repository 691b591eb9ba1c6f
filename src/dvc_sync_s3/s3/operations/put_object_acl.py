"""PutObjectAcl: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.ownership import require_private_acl
from dvc_sync_s3.s3.response import Response


async def put_object_acl(call: Call) -> Response:
    """Take the list that the object has anyway."""
    call.stored  # noqa: B018 - raises if there is none
    await require_private_acl(call)
    return Response()
