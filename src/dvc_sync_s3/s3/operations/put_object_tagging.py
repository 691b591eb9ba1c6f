"""PutObjectTagging: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.tagging import MAX_OBJECT_TAGS, tags_in_document
from dvc_sync_s3.s3.xml_reading import read_document


async def put_object_tagging(call: Call) -> Response:
    """Replace the object's tags, durably."""
    found = call.stored
    tags = tags_in_document(await read_document(call.body, "Tagging"), MAX_OBJECT_TAGS)
    if not await call.store.set_tags(found.bucket, found.key, tags):
        raise S3Error("NoSuchKey")
    return Response()
