"""PutObjectAcl: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.acl_request import asked_acl
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response


async def put_object_acl(call: Call) -> Response:
    """Replace the object's access control list; while lists are off, take only the one that it has anyway."""
    stored = call.stored
    acl = await asked_acl(call, call.owner_of(stored.owner))
    if call.access.has_lists and not await call.store.set_acl(stored, acl):
        raise S3Error("OperationAborted")
    return Response()
