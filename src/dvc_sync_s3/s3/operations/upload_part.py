"""UploadPart: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.checksums import DEFAULT_ALGORITHM, checksum_headers
from dvc_sync_s3.s3.encryption import check_write_encryption
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.multipart import part_number, upload_of
from dvc_sync_s3.s3.response import Response


async def upload_part(call: Call) -> Response:
    """Store the body as a part of the upload; it is durable when this returns."""
    upload, number = upload_of(call), part_number(call)
    check_write_encryption(call.request.headers)
    call.body.compute(upload.checksum_algorithm or DEFAULT_ALGORITHM)
    ((algorithm, _),) = call.body.checksums
    if upload.checksum_algorithm not in {None, algorithm}:
        raise S3Error(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: {upload.checksum_algorithm}, "
            f"actual checksum Type: {algorithm}",
        )
    async with call.store.receive() as incoming:
        async for data in call.body:
            await incoming.write(data)
        part = await call.store.put_part(upload.upload_id, number, incoming, call.body.md5, call.body.checksums)
    # A part's checksum has no type: that is the whole's.
    headers = {name: value for name, value in checksum_headers(part.checksums, None).items() if "-type" not in name}
    return Response(headers={"ETag": f'"{part.etag}"', **headers})
