"""GetObjectAttributes: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html."""

from __future__ import annotations

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.checksums import checksum_nodes
from dvc_sync_s3.s3.encryption import check_read_encryption
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.objects import http_date, storage_class
from dvc_sync_s3.s3.request import Headers
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.store.model import StoredObject

_ATTRIBUTES = {"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}
_MAX_PARTS = 1000


async def get_object_attributes(call: Call) -> Response:
    """Return those of an object's attributes that the request names."""
    found, headers = call.stored, call.request.headers
    check_read_encryption(headers)
    named = {name.strip() for name in headers.get("x-amz-object-attributes", "").split(",")}
    if not named <= _ATTRIBUTES:
        raise S3Error("InvalidArgument", "Invalid attribute name specified.")
    attributes: list[Node] = [
        ("ETag", found.etag),
        ("Checksum", checksum_nodes(found.checksums, found.checksum_type) or None),
        ("ObjectParts", _parts(found, headers) if found.parts else None),
        ("StorageClass", storage_class(found.headers)),
        ("ObjectSize", found.size),
    ]
    told = [(name, value) for name, value in attributes if name in named]
    answer = {"Content-Type": CONTENT_TYPE, "Last-Modified": http_date(found.modified_at)}
    return Response(headers=answer, body=document("GetObjectAttributesResponse", told))


def _parts(found: StoredObject, headers: Headers) -> list[Node]:
    after = _number(headers, "x-amz-part-number-marker", 0)
    most = min(_number(headers, "x-amz-max-parts", _MAX_PARTS), _MAX_PARTS)
    following = [part for part in found.parts if part.number > after]
    page = following[:most]
    nodes: list[Node] = [
        ("PartsCount", len(found.parts)),
        ("PartNumberMarker", after),
        ("NextPartNumberMarker", page[-1].number if page else after),
        ("MaxParts", most),
        ("IsTruncated", len(following) > len(page)),
    ]
    for part in page:
        checksums: list[Node] = [(f"Checksum{algorithm}", value) for algorithm, value in part.checksums]
        nodes.append(("Part", [("PartNumber", part.number), ("Size", part.size), *checksums]))
    return nodes


def _number(headers: Headers, name: str, default: int) -> int:
    text = headers.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 10:
        raise S3Error("InvalidArgument", f"{name} must be a whole number.")
    return int(text)
