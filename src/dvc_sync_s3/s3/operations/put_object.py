"""PutObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.acl_request import NewAccess, new_object_access
from dvc_sync_s3.s3.body import RequestBody
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.checksums import DEFAULT_ALGORITHM, FULL_OBJECT, checksum_headers
from dvc_sync_s3.s3.conditions import write_precondition
from dvc_sync_s3.s3.objects import Description, read_description
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.store.model import NewObject


async def put_object(call: Call) -> Response:
    """Store the body under the key; it is durable when this returns."""
    bucket, key, headers = call.bucket, call.key, call.request.headers
    description = read_description(headers)
    access = new_object_access(call)
    precondition = write_precondition(headers)
    if precondition is not None:
        precondition(call.store.head(bucket, key))  # it may fail now already, before the body travels
    call.body.compute(DEFAULT_ALGORITHM)
    whole = call.body.whole()
    if whole is not None:
        stored = await call.store.put_bytes(
            _new_object(bucket, key, call.body, description, access), whole, precondition
        )
    else:
        async with call.store.receive() as incoming:
            async for data in call.body:
                await incoming.write(data)
            stored = await call.store.put(
                _new_object(bucket, key, call.body, description, access), incoming, precondition
            )
    answer = {"ETag": f'"{stored.etag}"', **checksum_headers(stored.checksums, stored.checksum_type)}
    return Response(headers=answer)


def _new_object(bucket: str, key: str, body: RequestBody, description: Description, access: NewAccess) -> NewObject:
    """Return what is to be stored with a body that was read."""
    return NewObject(
        bucket=bucket,
        key=key,
        etag=body.md5,
        content_type=description.content_type,
        headers=description.headers,
        metadata=description.metadata,
        checksums=body.checksums,
        tags=description.tags,
        checksum_type=FULL_OBJECT,
        owner=access.owner,
        acl=access.acl,
    )
