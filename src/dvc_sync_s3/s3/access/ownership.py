"""Object Ownership: whether a bucket has access control lists at all, and whose its objects are.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.xml import document

_FULL_CONTROL = "bucket-owner-full-control"


class Ownership(StrEnum):
    """AWS's three kinds."""

    ENFORCED = "BucketOwnerEnforced"
    """Lists are off: everything belongs to the bucket's owner."""
    PREFERRED = "BucketOwnerPreferred"
    """An object belongs to who puts it, or to the bucket's owner if it is put with `bucket-owner-full-control`."""
    WRITER = "ObjectWriter"
    """An object belongs to who puts it."""


def read_ownership(text: str) -> Ownership:
    """Return what a request names; raise `InvalidArgument`."""
    try:
        return Ownership(text)
    except ValueError:
        raise S3Error("InvalidArgument", f"Object ownership must be one of {', '.join(Ownership)}.") from None


def stored_ownership(kept: bytes | None) -> Ownership:
    """Return the ownership of a bucket that keeps this document: None if it was never told, empty if it was removed.

    >>> stored_ownership(None).value, stored_ownership(b"").value
    ('BucketOwnerEnforced', 'ObjectWriter')
    """
    if kept is None:
        return Ownership.ENFORCED
    return Ownership(kept.decode()) if kept else Ownership.WRITER


def ownership_document(ownership: Ownership) -> bytes:
    """Write `OwnershipControls`."""
    return document("OwnershipControls", [("Rule", [("ObjectOwnership", ownership)])])


def first_documents(ownership: Ownership) -> Mapping[str, bytes]:
    """Return what a new bucket keeps, none of whose makers said how objects are to be owned.

    With lists on, it is as AWS's were before April 2023: without controls, and nothing public is blocked.
    """
    match ownership:
        case Ownership.ENFORCED:
            return {}
        case Ownership.PREFERRED:
            return {BucketDocument.OWNERSHIP: ownership.encode(), BucketDocument.PUBLIC_ACCESS: b""}
        case Ownership.WRITER:
            return {BucketDocument.OWNERSHIP: b"", BucketDocument.PUBLIC_ACCESS: b""}


def belongs_to_bucket_owner(ownership: Ownership, canned: str | None) -> bool:
    """Tell whether an object put with this canned list belongs to the bucket's owner, whoever puts it."""
    return ownership is Ownership.ENFORCED or (ownership is Ownership.PREFERRED and canned == _FULL_CONTROL)
