"""DeleteObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.conditions import delete_precondition
from dvc_sync_s3.s3.response import Response


async def delete_object(call: Call) -> Response:
    """Remove the object, durably; a key that holds nothing is no error."""
    headers = call.request.headers
    precondition = delete_precondition(
        headers.get("if-match"),
        headers.get("x-amz-if-match-last-modified-time"),
        headers.get("x-amz-if-match-size"),
    )
    await call.store.delete(call.bucket, call.key, precondition)
    return Response(status=204)
