"""What a key may do: everything, or only read."""

from __future__ import annotations

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.sigv4.verify import Keyring

_READING = ("Get", "Head", "List", "Select")


def is_reading(operation: str) -> bool:
    """Tell whether an operation of this name changes nothing.

    >>> is_reading("ListObjectsV2"), is_reading("CopyObject")
    (True, False)
    """
    return operation.startswith(_READING)


def require_permission(keyring: Keyring, access_key_id: str, operation: str) -> None:
    """Raise `AccessDenied` if the key may only read and the operation changes something."""
    if access_key_id in keyring.read_only and not is_reading(operation):
        raise S3Error("AccessDenied", f"This key may only read: {operation} changes something.")
