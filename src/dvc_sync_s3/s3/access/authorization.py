"""Look up what decides who may do what, and refuse who may not."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dvc_sync_s3.s3.access.accounts import ANONYMOUS, MAIN
from dvc_sync_s3.s3.access.acl import stored_acl
from dvc_sync_s3.s3.access.bucket_policy import stored_policy
from dvc_sync_s3.s3.access.decision import Asker, BucketAccess, Holder, ObjectAccess, is_owners_alone, may, need_of
from dvc_sync_s3.s3.access.ownership import stored_ownership
from dvc_sync_s3.s3.access.public_access import stored_public_access
from dvc_sync_s3.s3.copying import COPY_SOURCE, parse_copy_source
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import NO_QUERY
from dvc_sync_s3.s3.sigv4.claim import anonymous

if TYPE_CHECKING:
    from dvc_sync_s3.s3.request import S3Request
    from dvc_sync_s3.store.model import Bucket, StoredObject
    from dvc_sync_s3.store.reader import Reader

_WITHOUT_BUCKET = ("CreateBucket", "ListBuckets")
_COPYING = ("CopyObject", "UploadPartCopy")


def find_bucket(store: Reader, name: str | None) -> BucketAccess | None:
    """Return what decides who may do what in the bucket, None if there is none of this name."""
    bucket = None if name is None else store.bucket(name)
    return None if bucket is None else bucket_access(bucket)


@lru_cache(maxsize=256)
def bucket_access(bucket: Bucket) -> BucketAccess:
    """Return what the store keeps, read."""
    owner_id, kept = bucket.owner or MAIN.id, dict(bucket.documents)
    return BucketAccess(
        name=bucket.name,
        owner_id=owner_id,
        ownership=stored_ownership(kept.get(BucketDocument.OWNERSHIP)),
        acl=stored_acl(bucket.acl, owner_id),
        block=stored_public_access(kept.get(BucketDocument.PUBLIC_ACCESS)),
        policy=stored_policy(kept.get(BucketDocument.POLICY), bucket.name),
    )


def object_access(stored: StoredObject, bucket: BucketAccess) -> ObjectAccess:
    """Return whose the object is, the bucket's owner's while lists are off, and its list."""
    owner_id = (stored.owner or MAIN.id) if bucket.has_lists else bucket.owner_id
    return ObjectAccess(owner_id, stored_acl(stored.acl if bucket.has_lists else None, owner_id))


def authorize(store: Reader, asker: Asker, operation: str, request: S3Request, bucket: BucketAccess | None) -> None:
    """Raise `AccessDenied` unless `asker` may do in `bucket`, the request's, what it asks; `NoSuchBucket` without one.

    A copy needs its source, too.
    """
    if operation in _WITHOUT_BUCKET:
        if asker.account == ANONYMOUS:
            raise anonymous()
        return
    if bucket is None:
        raise S3Error("NoSuchBucket")
    if operation == "PostObject" or (operation == "DeleteObjects" and bucket.policy is not None):
        return  # what it is about stands in its body: it asks for itself
    if request.headers.get("x-amz-expected-bucket-owner", bucket.owner_id) != bucket.owner_id:
        raise S3Error("AccessDenied", "The bucket is not owned by the account that was expected.")
    prefix = "" if request.query is NO_QUERY else request.query.get("prefix", "")
    _require(store, asker, operation, bucket, request.key, prefix)
    if operation in _COPYING:
        _authorize_source(store, asker, request)


def _authorize_source(store: Reader, asker: Asker, request: S3Request) -> None:
    name, key = parse_copy_source(request.headers[COPY_SOURCE])
    source = find_bucket(store, name)
    if source is None:
        raise S3Error("NoSuchBucket")
    if request.headers.get("x-amz-source-expected-bucket-owner", source.owner_id) != source.owner_id:
        raise S3Error("AccessDenied", "The source bucket is not owned by the account that was expected.")
    _require(store, asker, "GetObject", source, key)


def _require(
    store: Reader, asker: Asker, operation: str, bucket: BucketAccess, key: str | None, prefix: str = ""
) -> None:
    if is_owners_alone(bucket):
        is_allowed = asker.account.id == bucket.owner_id
    else:
        stored = None
        if key is not None and need_of(operation).holder is Holder.OBJECT:
            stored = store.head(bucket.name, key)
        found = None if stored is None else object_access(stored, bucket)
        is_allowed = may(asker, operation, bucket, key, found, prefix)
    if not is_allowed:
        raise anonymous() if asker.account == ANONYMOUS else S3Error("AccessDenied")
