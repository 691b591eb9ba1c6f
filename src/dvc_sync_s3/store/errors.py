"""What the store refuses, and what it can't give back."""

from __future__ import annotations

from dvc_sync_s3.errors import Blocked


class NoSuchBucket(Exception):
    """Name the bucket that a write was meant for and that doesn't exist."""

    def __init__(self, bucket: str) -> None:
        super().__init__(f"there is no bucket {bucket!r}")
        self.bucket = bucket


class BodyLost(Blocked):
    """Name the object whose plain file was removed or changed by someone else."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(
            f"the body of {key!r} in bucket {bucket!r} is gone or was changed outside the service",
            hint="put the file back from a backup, or store or delete the object again through S3",
        )
