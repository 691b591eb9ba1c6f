"""CreateBucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dvc_sync_s3.s3.access.acl import acl_text
from dvc_sync_s3.s3.access.acl_request import acl_in_headers, check_public, check_without_lists
from dvc_sync_s3.s3.access.authorization import bucket_access
from dvc_sync_s3.s3.access.ownership import first_documents, read_ownership
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import DEFAULT_REGION, BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml_reading import read_document
from dvc_sync_s3.store.model import Bucket

_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{3,63}}\Z)(?!\d+(?:\.\d+){{3}}\Z){_LABEL}(?:\.{_LABEL})*", re.ASCII)
_LOCATION = re.compile(r"[A-Za-z0-9-]{1,63}")


async def create_bucket(call: Call) -> Response:
    """Make a bucket; making it again is no error unless a location is named, as in the oldest of AWS's regions."""
    name, headers, owner = call.request.bucket or "", call.request.headers, call.requester
    if not is_bucket_name(name):
        raise S3Error("InvalidBucketName")
    if headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        raise S3Error("NotImplemented", "Object Lock is not implemented.")
    documents = first_documents(call.new_buckets)
    if named := headers.get("x-amz-object-ownership"):
        documents = {**documents, BucketDocument.OWNERSHIP: read_ownership(named).encode()}
    acl = _acl(call, name, documents)
    location = await _location(call)
    if location:
        documents = {**documents, BucketDocument.LOCATION: location.encode()}
    if not await call.store.create_bucket(name, owner.stored, acl, documents):
        _check_there(call, name, acl, location)
    return Response(headers={"Location": f"/{name}"})


def is_bucket_name(name: str) -> bool:
    """Tell whether S3 lets a bucket have this name.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

    >>> is_bucket_name("team.labels-2"), is_bucket_name("-"), is_bucket_name("a.-b"), is_bucket_name("10.0.0.1")
    (True, False, False, False)
    """
    return _NAME.fullmatch(name) is not None


def _acl(call: Call, name: str, documents: Mapping[str, bytes]) -> str | None:
    """Return the list that the bucket is to have, as the store keeps it; raise if it can't be."""
    owner, headers = call.requester, call.request.headers
    planned = bucket_access(Bucket(name, call.now, owner.stored, None, tuple(documents.items())))
    if not planned.has_lists:
        check_without_lists(headers, "InvalidBucketAclWithObjectOwnership")
        return None
    acl = acl_in_headers(headers, owner.id, owner.id, call.accounts)
    check_public(acl, planned)
    return acl_text(acl, owner.id)


def _check_there(call: Call, name: str, acl: str | None, location: str) -> None:
    """Raise unless the bucket that is there already is as asked: to be asked again must change no list."""
    there = call.store.bucket(name)
    if there is None:
        raise S3Error("OperationAborted")
    if there.owner != call.requester.stored or there.acl != acl:
        raise S3Error("BucketAlreadyExists")
    if location:
        raise S3Error("BucketAlreadyOwnedByYou")


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
