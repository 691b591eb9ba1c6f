"""GetObjectTagging: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.tagging import tagging_document
from dvc_sync_s3.s3.xml import CONTENT_TYPE


async def get_object_tagging(call: Call) -> Response:
    """Return the object's tags."""
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=tagging_document(call.stored.tags))
