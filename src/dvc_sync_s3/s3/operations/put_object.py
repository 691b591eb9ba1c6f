"""PutObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.checksums import HEADER_PREFIX
from dvc_sync_s3.s3.conditions import write_precondition
from dvc_sync_s3.s3.objects import system_headers, user_metadata
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.store.model import NewObject


async def put_object(call: Call) -> Response:
    """Store the body under the key; it is durable when this returns."""
    bucket, key, headers = call.bucket, call.key, call.request.headers
    precondition = write_precondition(headers)
    async with call.store.receive() as incoming:
        async for data in call.body:
            await incoming.write(data)
        new = NewObject(
            bucket=bucket,
            key=key,
            etag=call.body.md5,
            content_type=headers.get("content-type"),
            headers=system_headers(headers),
            metadata=user_metadata(headers),
            checksums=call.body.checksums,
        )
        stored = await call.store.put(new, incoming, precondition)
    answer = {"ETag": f'"{stored.etag}"'}
    answer.update((f"{HEADER_PREFIX}{algorithm.lower()}", value) for algorithm, value in stored.checksums)
    return Response(headers=answer)
