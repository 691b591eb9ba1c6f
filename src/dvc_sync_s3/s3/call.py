"""What an operation is given, and what an operation is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from dvc_sync_s3.s3.body import RequestBody
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.ownership import OWNER_ID
from dvc_sync_s3.s3.request import S3Request
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.model import StoredObject
from dvc_sync_s3.store.store import Store

_MAX_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Call:
    """A verified request, its body still to be read, and the store it is about."""

    request: S3Request
    body: RequestBody
    store: Store
    keyring: Keyring
    """For a form, which is signed inside its body."""
    now: datetime

    @property
    def bucket(self) -> str:
        """Return the name of a bucket that exists; raise `NoSuchBucket` or, for an unexpected owner, `AccessDenied`."""
        name = self.request.bucket or ""
        if self.request.headers.get("x-amz-expected-bucket-owner", OWNER_ID) != OWNER_ID:
            raise S3Error("AccessDenied", "The bucket is not owned by the account that was expected.")
        if not self.store.has_bucket(name):
            raise S3Error("NoSuchBucket")
        return name

    @property
    def key(self) -> str:
        """Return the key; raise `KeyTooLongError`, or `NoSuchVersion` if it is asked for an older version of it."""
        key = self.request.key or ""
        check_key(key, self.request.query.get("versionId"))
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
