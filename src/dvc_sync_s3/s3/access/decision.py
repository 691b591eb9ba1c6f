"""Who may do what: decided from the operation, the owners, the lists, the policy and what is blocked; nothing is read.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from dvc_sync_s3.s3.access.accounts import Account
from dvc_sync_s3.s3.access.acl import Acl, Permission, lets_in, without_public
from dvc_sync_s3.s3.access.bucket_policy import BucketPolicy, Effect, Question
from dvc_sync_s3.s3.access.ownership import Ownership
from dvc_sync_s3.s3.access.public_access import PublicAccessBlock

TABLE = """
AbortMultipartUpload           bucket WRITE      s3:AbortMultipartUpload
CompleteMultipartUpload        bucket WRITE      s3:PutObject
CopyObject                     bucket WRITE      s3:PutObject
CreateMultipartUpload          bucket WRITE      s3:PutObject
DeleteBucketCors               bucket -          s3:PutBucketCORS
DeleteBucketOwnershipControls  bucket -          s3:PutBucketOwnershipControls
DeleteBucketTagging            bucket -          s3:PutBucketTagging
DeleteObject                   bucket WRITE      s3:DeleteObject
DeleteObjects                  bucket WRITE      s3:DeleteObject
DeleteObjectTagging            bucket -          s3:DeleteObjectTagging
DeletePublicAccessBlock        bucket -          s3:PutBucketPublicAccessBlock
GetBucketAcl                   bucket READ_ACP   s3:GetBucketAcl
GetObject                      object READ       s3:GetObject
GetObjectAcl                   object READ_ACP   s3:GetObjectAcl
GetObjectAttributes            object READ       s3:GetObject
GetObjectTagging               bucket -          s3:GetObjectTagging
GetPublicAccessBlock           bucket -          s3:GetBucketPublicAccessBlock
HeadBucket                     bucket READ       s3:ListBucket
HeadObject                     object READ       s3:GetObject
ListMultipartUploads           bucket READ       s3:ListBucketMultipartUploads
ListObjects                    bucket READ       s3:ListBucket
ListObjectsV2                  bucket READ       s3:ListBucket
ListObjectVersions             bucket READ       s3:ListBucketVersions
ListParts                      bucket WRITE      s3:ListMultipartUploadParts
PostObject                     bucket WRITE      s3:PutObject
PutBucketAcl                   bucket WRITE_ACP  s3:PutBucketAcl
PutObject                      bucket WRITE      s3:PutObject
PutObjectAcl                   object WRITE_ACP  s3:PutObjectAcl
PutObjectTagging               bucket -          s3:PutObjectTagging
PutPublicAccessBlock           bucket -          s3:PutBucketPublicAccessBlock
UploadPart                     bucket WRITE      s3:PutObject
UploadPartCopy                 bucket WRITE      s3:PutObject
"""
"""Operation, whose list lets others in and with which permission (`-`: none does), and the action that policies name.

What isn't here is the bucket's owner's alone, and its action is its name.
"""
_ABOUT_POLICY = ("DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy")
"""A bucket's owner can't lock itself out of these."""


class Holder(StrEnum):
    """Whose owner and list count."""

    BUCKET = "bucket"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Need:
    """What an operation needs of whoever asks for it."""

    holder: Holder
    permission: Permission | None
    action: str


@dataclass(frozen=True, slots=True)
class BucketAccess:
    """All that decides who may do what in a bucket."""

    name: str
    owner_id: str
    ownership: Ownership
    acl: Acl
    block: PublicAccessBlock
    policy: BucketPolicy | None

    @property
    def has_lists(self) -> bool:
        """Tell whether access control lists count."""
        return self.ownership is not Ownership.ENFORCED

    @property
    def is_restricted(self) -> bool:
        """Tell whether a policy lets in nobody but the bucket's owner, because it would let in everyone."""
        return self.block.restrict_public_buckets and self.policy is not None and self.policy.is_public


@dataclass(frozen=True, slots=True)
class ObjectAccess:
    """Whose an object is, and whom its list lets in."""

    owner_id: str
    acl: Acl


class Asker(Struct, frozen=True):
    """Who asks, and from where."""

    account: Account
    address: str = ""


def parse_needs(table: str) -> Mapping[str, Need]:
    """Read a table of needs.

    >>> parse_needs("GetObject object READ s3:GetObject")["GetObject"].action
    's3:GetObject'
    """
    needs = {}
    for line in table.strip().splitlines():
        operation, holder, permission, action = line.split()
        needs[operation] = Need(Holder(holder), None if permission == "-" else Permission(permission), action)
    return needs


_NEEDS = parse_needs(TABLE)
_LISTING = _NEEDS["ListObjects"]


def need_of(operation: str) -> Need:
    """Return what the operation needs."""
    return _NEEDS.get(operation, Need(Holder.BUCKET, None, f"s3:{operation}"))


def is_owners_alone(bucket: BucketAccess) -> bool:
    """Tell whether the bucket's owner is all that counts: lists are off and there is no policy."""
    return not bucket.has_lists and bucket.policy is None


def may(
    asker: Asker, operation: str, bucket: BucketAccess, key: str | None, found: ObjectAccess | None, prefix: str = ""
) -> bool:
    """Tell whether `asker` may; `found` is the object of `key`, None if there is none; `prefix` is that of a listing.

    Whether there is no such object is told only to who may list the bucket.
    """
    need = need_of(operation)
    if need.holder is Holder.OBJECT and found is None:
        prefix = key or ""
        need, key = _LISTING, None
    is_bucket_owner = asker.account.id == bucket.owner_id
    resource = bucket.name if key is None else f"{bucket.name}/{key}"
    verdict = _verdict(bucket, Question(need.action, resource, asker.account, prefix, asker.address))
    if verdict is Effect.DENY and not (is_bucket_owner and operation in _ABOUT_POLICY):
        return False
    if verdict is Effect.ALLOW and (is_bucket_owner or not bucket.is_restricted):
        return True
    holder = bucket if found is None or need.holder is Holder.BUCKET else found
    return holder.owner_id == asker.account.id or _lists_let_in(asker.account, need, bucket, holder.acl)


def _verdict(bucket: BucketAccess, question: Question) -> Effect | None:
    return None if bucket.policy is None else bucket.policy.verdict(question)


def _lists_let_in(account: Account, need: Need, bucket: BucketAccess, acl: Acl) -> bool:
    if need.permission is None or not bucket.has_lists:
        return False
    counting = without_public(acl) if bucket.block.ignore_public_acls else acl
    return lets_in(counting, account, need.permission)
