"""AbortMultipartUpload: https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.multipart import upload_of
from dvc_sync_s3.s3.response import Response


async def abort_multipart_upload(call: Call) -> Response:
    """Forget the upload and its parts."""
    await call.store.abort_upload(upload_of(call).upload_id)
    return Response(status=204)
