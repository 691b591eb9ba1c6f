"""HeadObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.operations.get_object import describe
from dvc_sync_s3.s3.response import Response


async def head_object(call: Call) -> Response:
    """Return what GET would, without the body."""
    answer, _, size = describe(call.stored, call.request)
    return Response(answer.status, {**answer.headers, "Content-Length": str(size)})
