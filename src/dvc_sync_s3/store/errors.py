"""What the store refuses, and what it can't give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvc_sync_s3.errors import Blocked

if TYPE_CHECKING:
    from pathlib import Path


class NoSuchBucket(Exception):
    """Name the bucket that a write was meant for and that doesn't exist."""

    def __init__(self, bucket: str) -> None:
        super().__init__(f"there is no bucket {bucket!r}")
        self.bucket = bucket


class BucketNotEmpty(Exception):
    """Name the bucket that still has objects and can't be deleted."""

    def __init__(self, bucket: str) -> None:
        super().__init__(f"the bucket {bucket!r} still has objects")
        self.bucket = bucket


class NoSuchUpload(Exception):
    """Name the multipart upload that doesn't exist, or was completed or aborted meanwhile."""

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"there is no upload {upload_id!r}")
        self.upload_id = upload_id


class NoSuchPart(Exception):
    """Name the part that is not there, or not as it was when it was chosen: its client uploads it again."""

    def __init__(self, upload_id: str, number: int) -> None:
        super().__init__(f"part {number} of upload {upload_id!r} is not there, or was replaced")
        self.upload_id = upload_id
        self.number = number


class BodyLost(Blocked):
    """Name the object whose plain file was removed or changed by someone else."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(
            f"the body of {key!r} in bucket {bucket!r} is gone or was changed outside the service",
            hint="put the file back from a backup, or store or delete the object again through S3",
        )


class Unverified(Exception):
    """Name the object whose plain file has another time than it, so that only its MD5 tells if it was changed."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(f"the body of {key!r} in bucket {bucket!r} must be read before it can be told")


class IndexReplaced(Blocked):
    """Name the index that was removed, or replaced by another file, while the service runs."""

    def __init__(self, index: Path) -> None:
        super().__init__(
            f"the index {index} was removed or replaced while the service runs",
            hint="Nothing is stored until the service is started again. To keep what it stored until then, first put "
            "back the file that it had opened.",
        )
