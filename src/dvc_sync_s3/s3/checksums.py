"""The checksums S3 clients send and expect back.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

from awscrt import checksums as crt

from dvc_sync_s3.s3.errors import S3Error

HEADER_PREFIX = "x-amz-checksum-"


class Digest(Protocol):
    """Take bytes in pieces, tell their digest at any time."""

    def update(self, data: bytes, /) -> None:
        """Add `data`."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""
        ...


class _Crc:
    """A cyclic redundancy check as a digest: big-endian, `width` bytes."""

    def __init__(self, function: Callable[[bytes, int], int], width: int) -> None:
        self._function = function
        self._width = width
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._width, "big")


ALGORITHMS: Mapping[str, Callable[[], Digest]] = {
    "CRC32": lambda: _Crc(crt.crc32, 4),
    "CRC32C": lambda: _Crc(crt.crc32c, 4),
    "CRC64NVME": lambda: _Crc(crt.crc64nvme, 8),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
}


ALGORITHM_OF_HEADER: Mapping[str, str] = {f"{HEADER_PREFIX}{name.lower()}": name for name in ALGORITHMS}


def claimed_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums that headers or trailers carry, by algorithm; raise `InvalidRequest` for what is none.

    >>> claimed_checksums({"x-amz-checksum-crc32": "7bJhLw==", "x-amz-checksum-mode": "ENABLED"})
    {'CRC32': '7bJhLw=='}
    """
    claims = {algorithm: headers[name] for name, algorithm in ALGORITHM_OF_HEADER.items() if name in headers}
    for algorithm, value in claims.items():
        if not _is_digest(value, len(ALGORITHMS[algorithm]().digest())):
            raise S3Error("InvalidRequest", f"Value for {HEADER_PREFIX}{algorithm.lower()} header is invalid.")
    return claims


def base64_text(digest: bytes) -> str:
    """Write a digest as S3's headers carry it.

    >>> base64_text(b"abc")
    'YWJj'
    """
    return base64.b64encode(digest).decode()


def parse_content_md5(value: str) -> bytes:
    """Read a `Content-MD5` header; raise `InvalidDigest` for anything but the base64 of 16 bytes."""
    if not _is_digest(value, 16):
        raise S3Error("InvalidDigest")
    return base64.b64decode(value)


def _is_digest(value: str, size: int) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == size
    except ValueError:
        return False
