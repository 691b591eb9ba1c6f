"""CreateMultipartUpload: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.acl_request import new_object_access
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.checksums import HEADER_PREFIX
from dvc_sync_s3.s3.multipart import asked_checksum
from dvc_sync_s3.s3.objects import read_description
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.store.model import NewUpload


async def create_multipart_upload(call: Call) -> Response:
    """Begin an upload in parts; what the object will carry is said now."""
    bucket, key, headers = call.bucket, call.key, call.request.headers
    description, access = read_description(headers), new_object_access(call)
    algorithm, kind = asked_checksum(headers)
    new = NewUpload(
        bucket=bucket,
        key=key,
        content_type=description.content_type,
        headers=description.headers,
        metadata=description.metadata,
        tags=description.tags,
        checksum_algorithm=algorithm,
        checksum_type=kind,
        owner=access.owner,
        acl=access.acl,
        initiator=call.requester.stored,
    )
    upload = await call.store.create_upload(new)
    answer = {"Content-Type": CONTENT_TYPE}
    if algorithm is not None and kind is not None:
        answer.update({f"{HEADER_PREFIX}algorithm": algorithm, f"{HEADER_PREFIX}type": kind})
    nodes: list[Node] = [("Bucket", bucket), ("Key", key), ("UploadId", upload.upload_id)]
    return Response(headers=answer, body=document("InitiateMultipartUploadResult", nodes))
