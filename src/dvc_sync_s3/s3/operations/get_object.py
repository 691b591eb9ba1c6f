"""GetObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.checksums import checksum_headers
from dvc_sync_s3.s3.conditions import is_not_modified, is_range_wanted
from dvc_sync_s3.s3.encryption import check_read_encryption
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.objects import ABOUT_THE_REQUEST, object_headers, whole_headers
from dvc_sync_s3.s3.opening import open_object
from dvc_sync_s3.s3.ranges import parse_range, part_of
from dvc_sync_s3.s3.request import NO_QUERY, S3Request
from dvc_sync_s3.s3.response import FileBody, Response
from dvc_sync_s3.store.model import StoredObject


async def get_object(call: Call) -> Response:
    """Return the object or a range of it."""
    bucket, key = call.bucket, call.key
    at_hand = call.store.at_hand(bucket, key)
    if at_hand is not None:
        found, data = at_hand
        if is_plain(call.request):
            return Response(200, whole_headers(found), data)
        answer, first, size = describe(found, call.request)
        return Response(answer.status, answer.headers, data[first : first + size])
    opened = await open_object(call.store, bucket, key)
    if opened is None:
        raise S3Error("NoSuchKey")
    found, file = opened
    try:
        answer, first, size = describe(found, call.request)
    except S3Error:
        file.close()
        raise
    if answer.status == 304:
        file.close()
        return answer
    return Response(answer.status, answer.headers, FileBody(file, first, size, found.modified_at))


def is_plain(request: S3Request) -> bool:
    """Tell whether a read asks for the object as it is, whole and unconditionally."""
    return request.query is NO_QUERY and ABOUT_THE_REQUEST.issuperset(request.headers)


def describe(found: StoredObject, request: S3Request) -> tuple[Response, int, int]:
    """Decide the answer to a read: status and headers, the first byte and the number of bytes that belong to it."""
    check_read_encryption(request.headers)
    headers = object_headers(found, request.query)
    if is_not_modified(found, request.headers):
        return Response(304, headers), 0, 0
    is_checksum_wanted = request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    wanted = request.headers.get("range") if is_range_wanted(found, request.headers) else None
    part_number = request.query.get("partNumber")
    if part_number is None:
        byte_range = parse_range(wanted, found.size)
        # None for a range: checksums are of the whole object, and SDKs would hold them against the part.
        checksums = found.checksums if byte_range is None else ()
    elif wanted is not None:
        raise S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
    else:
        byte_range, checksums = part_of(found, part_number)
        if found.parts:
            headers["x-amz-mp-parts-count"] = str(len(found.parts))
    if is_checksum_wanted:
        headers.update(checksum_headers(checksums, found.checksum_type))
    if byte_range is None:
        return Response(200, headers), 0, found.size
    headers["Content-Range"] = f"bytes {byte_range.first}-{byte_range.last}/{found.size}"
    return Response(206, headers), byte_range.first, byte_range.size
