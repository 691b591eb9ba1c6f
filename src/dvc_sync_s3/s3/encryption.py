"""Server-side encryption headers: taken where they ask for what only whoever runs the disk can give.

Clients with a policy send them with every write, so a write with them must succeed. But no answer claims encryption:
whether the disk under the data folder is encrypted is not ours to know.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvc_sync_s3.s3.errors import S3Error

if TYPE_CHECKING:
    from dvc_sync_s3.s3.request import Headers

_ENCRYPTION = "x-amz-server-side-encryption"
_CUSTOMER = f"{_ENCRYPTION}-customer-"
_KMS_KEY = f"{_ENCRYPTION}-aws-kms-key-id"
_KMS = ("aws:kms", "aws:kms:dsse")


def check_write_encryption(headers: Headers) -> None:
    """Raise `InvalidArgument` for what contradicts itself, `NotImplemented` for a key that the client keeps."""
    algorithm = headers.get(_ENCRYPTION)
    is_customer = _is_customer(headers)
    if algorithm not in {None, "AES256", *_KMS}:
        raise S3Error("InvalidArgument", "The encryption method specified is not supported")
    if is_customer and algorithm is not None:
        raise S3Error(
            "InvalidArgument", "Server Side Encryption with Customer provided key is incompatible with another one."
        )
    if _KMS_KEY in headers and algorithm not in _KMS:
        raise S3Error("InvalidArgument", f"{_KMS_KEY} goes with {_ENCRYPTION}: aws:kms.")
    if is_customer:
        raise S3Error(
            "NotImplemented", "Server-side encryption with customer-provided keys (SSE-C) is not implemented."
        )


def check_read_encryption(headers: Headers) -> None:
    """Raise `InvalidArgument` or `InvalidRequest`: a read names no encryption unless it brings the key (SSE-C)."""
    if _ENCRYPTION in headers or _KMS_KEY in headers:
        raise S3Error("InvalidArgument", f"{_ENCRYPTION} header is not supported for this operation.")
    if _is_customer(headers):
        raise S3Error("InvalidRequest", "The encryption parameters are not applicable to this object.")


def _is_customer(headers: Headers) -> bool:
    return any(name.startswith(_CUSTOMER) for name in headers)
