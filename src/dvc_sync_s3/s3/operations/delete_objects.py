"""DeleteObjects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from dvc_sync_s3.s3.access.authorization import authorize
from dvc_sync_s3.s3.call import Call, check_key
from dvc_sync_s3.s3.conditions import delete_precondition
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document
from dvc_sync_s3.s3.xml_reading import read_document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MOST = 1000
_MAX_BYTES = 2 * 1024**2


async def delete_objects(call: Call) -> Response:
    """Remove up to 1,000 objects, each by itself; the answer says which could not be."""
    bucket = call.bucket
    if not call.body.is_checked:
        raise S3Error("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
    asked = await read_document(call.body, "Delete", _MAX_BYTES)
    named = asked.findall("Object")
    if not 1 <= len(named) <= _MOST or any(not each.findtext("Key") for each in named):
        raise S3Error("MalformedXML")
    is_quiet = asked.findtext("Quiet", "").strip().lower() == "true"
    # At once, so that they share a wait for the disk.
    outcomes = await asyncio.gather(*(_delete(call, bucket, each) for each in named))
    told = [node for node in outcomes if not is_quiet or node[0] == "Error"]
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=document("DeleteResult", told))


async def _delete(call: Call, bucket: str, named: Element) -> Node:
    key, version = named.findtext("Key", ""), named.findtext("VersionId")
    try:
        check_key(key, version)
        # A policy may say otherwise of each key.
        authorize(call.store, call.asker, "DeleteObject", replace(call.request, key=key), call.access)
        precondition = delete_precondition(
            named.findtext("ETag"), named.findtext("LastModifiedTime"), named.findtext("Size")
        )
        await call.store.delete(bucket, key, precondition)
    except S3Error as error:
        return _refused(key, version, error)
    return ("Deleted", [("Key", key), ("VersionId", version)])


def _refused(key: str, version: str | None, error: S3Error) -> Node:
    return ("Error", [("Key", key), ("VersionId", version), ("Code", error.code), ("Message", error.message)])
