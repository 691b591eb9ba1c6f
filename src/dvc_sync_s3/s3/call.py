"""What an operation is given, and what an operation is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dvc_sync_s3.s3.body import RequestBody
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.ownership import OWNER_ID
from dvc_sync_s3.s3.request import S3Request
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.store.store import Store

_MAX_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Call:
    """A verified request, its body still to be read, and the store it is about."""

    request: S3Request
    body: RequestBody
    store: Store

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
        if self.request.query.get("versionId", "null") != "null":
            raise S3Error("NoSuchVersion")
        if len(key.encode()) > _MAX_KEY_BYTES:
            raise S3Error("KeyTooLongError")
        return key


Operation = Callable[[Call], Awaitable[Response]]
