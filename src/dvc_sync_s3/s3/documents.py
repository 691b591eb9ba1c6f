"""What is kept with a bucket besides its objects: small documents, each under a name."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvc_sync_s3.store.reader import Reader

DEFAULT_REGION = "us-east-1"
"""Where buckets are whose creation named no location; signatures may name any region."""


class BucketDocument(StrEnum):
    """The names of the documents.

    Location and ownership are a word each, the policy is JSON, the others are XML, as they are given back. An empty one
    was removed where a bucket begins with one.
    """

    CORS = "cors"
    LOCATION = "location"
    OWNERSHIP = "ownership"
    POLICY = "policy"
    PUBLIC_ACCESS = "public-access"
    TAGGING = "tagging"


def location_of(store: Reader, bucket: str) -> str:
    """Return the location constraint with which the bucket was made, '' if none."""
    return (store.bucket_document(bucket, BucketDocument.LOCATION) or b"").decode()


def region_of(store: Reader, bucket: str) -> str:
    """Return the region the bucket says it is in."""
    location = location_of(store, bucket)
    return {"": DEFAULT_REGION, "EU": "eu-west-1"}.get(location, location)
