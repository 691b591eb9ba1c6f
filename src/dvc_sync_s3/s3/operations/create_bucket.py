"""CreateBucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html."""

from __future__ import annotations

import re

from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import DEFAULT_REGION, BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.ownership import require_enforced_ownership, require_private_headers
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml_reading import read_document

_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{3,63}}\Z)(?!\d+(?:\.\d+){{3}}\Z){_LABEL}(?:\.{_LABEL})*", re.ASCII)
_LOCATION = re.compile(r"[A-Za-z0-9-]{1,63}")


async def create_bucket(call: Call) -> Response:
    """Make a bucket; making it again is no error unless a location is named, as in the oldest of AWS's regions."""
    name, headers = call.request.bucket or "", call.request.headers
    if not is_bucket_name(name):
        raise S3Error("InvalidBucketName")
    require_private_headers(headers)
    require_enforced_ownership(headers.get("x-amz-object-ownership"))
    if headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        raise S3Error("NotImplemented", "Object Lock is not implemented.")
    location = await _location(call)
    is_new = await call.store.create_bucket(name)
    if location and not is_new:
        raise S3Error("BucketAlreadyOwnedByYou")
    if location:
        await call.store.put_bucket_document(name, BucketDocument.LOCATION, location.encode())
    return Response(headers={"Location": f"/{name}"})


def is_bucket_name(name: str) -> bool:
    """Tell whether S3 lets a bucket have this name.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

    >>> is_bucket_name("team.labels-2"), is_bucket_name("-"), is_bucket_name("a.-b"), is_bucket_name("10.0.0.1")
    (True, False, False, False)
    """
    return _NAME.fullmatch(name) is not None


async def _location(call: Call) -> str:
    """Return the location constraint, '' if there is none or it names the default."""
    if call.body.expected_size == 0:
        return ""
    asked = await read_document(call.body, "CreateBucketConfiguration")
    if asked.find("Bucket") is not None or asked.find("Location") is not None or asked.find("Tags") is not None:
        raise S3Error("NotImplemented", "Only a LocationConstraint is implemented.")
    location = asked.findtext("LocationConstraint", "")
    if location and not _LOCATION.fullmatch(location):
        raise S3Error("InvalidLocationConstraint")
    return "" if location == DEFAULT_REGION else location
