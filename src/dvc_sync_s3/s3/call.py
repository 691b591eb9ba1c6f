"""What an operation is given, and what an operation is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec import Struct

from dvc_sync_s3.s3.access.accounts import Account, Accounts
from dvc_sync_s3.s3.access.decision import Asker, BucketAccess
from dvc_sync_s3.s3.access.ownership import Ownership
from dvc_sync_s3.s3.body import RequestBody
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import NO_QUERY, S3Request
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.model import StoredObject
from dvc_sync_s3.store.store import Store

_MAX_KEY_BYTES = 1024


class Call(Struct, frozen=True):
    """A request that its asker may make, its body still to be read, and the store it is about."""

    request: S3Request
    body: RequestBody
    store: Store
    keyring: Keyring
    """For a form, which is signed inside its body."""
    now: datetime
    asker: Asker
    accounts: Accounts
    found: BucketAccess | None
    """The request's bucket, None if there is none."""
    new_buckets: Ownership
    """How objects in new buckets are owned."""

    @property
    def access(self) -> BucketAccess:
        """Return what decides who may do what in the bucket; raise `NoSuchBucket`."""
        if self.found is None:
            raise S3Error("NoSuchBucket")
        return self.found

    @property
    def bucket(self) -> str:
        """Return the name of a bucket that exists; raise `NoSuchBucket`."""
        return self.access.name

    @property
    def requester(self) -> Account:
        """Return who asks."""
        return self.asker.account

    def owner_of(self, owner: str | None) -> Account:
        """Return who owns what the store says is `owner`'s: the bucket's owner while lists are off."""
        return self.accounts.stored(owner if self.access.has_lists else self.access.owner_id)

    @property
    def key(self) -> str:
        """Return the key; raise `KeyTooLongError`, or `NoSuchVersion` if it is asked for an older version of it."""
        key = self.request.key or ""
        check_key(key, None if self.request.query is NO_QUERY else self.request.query.get("versionId"))
        return key

    @property
    def stored(self) -> StoredObject:
        """Return the object that bucket and key name; raise what they raise, or `NoSuchKey`."""
        bucket = self.bucket
        found = self.store.head(bucket, self.key)
        if found is None:
            raise S3Error("NoSuchKey")
        return found


def check_key(key: str, version: str | None) -> None:
    """Raise `KeyTooLongError`, or `NoSuchVersion` for any version but the one there is, `null`."""
    if version not in {None, "", "null"}:
        raise S3Error("NoSuchVersion")
    if len(key.encode()) > _MAX_KEY_BYTES:
        raise S3Error("KeyTooLongError")


Operation = Callable[[Call], Awaitable[Response]]
