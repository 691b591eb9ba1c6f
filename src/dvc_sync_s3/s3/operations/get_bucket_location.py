"""GetBucketLocation: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import location_of
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, document


async def get_bucket_location(call: Call) -> Response:
    """Return the location constraint with which the bucket was made."""
    location = location_of(call.store, call.bucket)
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=document("LocationConstraint", location))
