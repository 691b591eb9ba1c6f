"""The checksums S3 clients send and expect back.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Protocol

from awscrt import checksums as crt

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.xml import Node
from dvc_sync_s3.store.model import Headers as Pairs

DEFAULT_ALGORITHM = "CRC64NVME"
"""What AWS computes of a body that comes without a checksum."""
FULL_OBJECT = "FULL_OBJECT"
COMPOSITE = "COMPOSITE"
"""A checksum of the parts' checksums."""
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

    __slots__ = ("_function", "_value", "_width")

    def __init__(self, function: Callable[[bytes, int], int], width: int) -> None:
        self._function = function
        self._width = width
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._width, "big")


ALGORITHMS: Mapping[str, Callable[[], Digest]] = {
    "CRC32": partial(_Crc, crt.crc32, 4),
    "CRC32C": partial(_Crc, crt.crc32c, 4),
    "CRC64NVME": partial(_Crc, crt.crc64nvme, 8),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
}


_DIGEST_BYTES: Mapping[str, int] = {name: len(begin().digest()) for name, begin in ALGORITHMS.items()}
ALGORITHM_OF_HEADER: Mapping[str, str] = {f"{HEADER_PREFIX}{name.lower()}": name for name in ALGORITHMS}
_HEADER_OF: Mapping[str, str] = {name: header for header, name in ALGORITHM_OF_HEADER.items()}
_TYPE_HEADER = f"{HEADER_PREFIX}type"
_OTHERS = frozenset([_TYPE_HEADER, f"{HEADER_PREFIX}algorithm", f"{HEADER_PREFIX}mode"])


def claimed_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums that headers or trailers carry, by algorithm; raise `InvalidRequest` for what is none.

    >>> claimed_checksums({"x-amz-checksum-crc32": "7bJhLw==", "x-amz-checksum-mode": "ENABLED"})
    {'CRC32': '7bJhLw=='}
    """
    claims = {algorithm: headers[name] for name, algorithm in ALGORITHM_OF_HEADER.items() if name in headers}
    for algorithm, value in claims.items():
        if not _is_digest(value, _DIGEST_BYTES[algorithm]):
            raise S3Error("InvalidRequest", f"Value for {HEADER_PREFIX}{algorithm.lower()} header is invalid.")
    return claims


@lru_cache(maxsize=256)
def check_checksum_names(headers: tuple[str, ...]) -> None:
    """Raise `InvalidRequest` for the name of a checksum that isn't known: nobody would check it."""
    for name in headers:
        if name.startswith(HEADER_PREFIX) and name not in ALGORITHM_OF_HEADER and name not in _OTHERS:
            raise S3Error("InvalidRequest", "The algorithm type you specified in x-amz-checksum- header is invalid.")


_COMBINE: Mapping[str, Callable[[int, int, int], int]] = {
    "CRC32": crt.combine_crc32,
    "CRC32C": crt.combine_crc32c,
    "CRC64NVME": crt.combine_crc64nvme,
}


def can_be_full_object(algorithm: str) -> bool:
    """Tell whether the checksum of a whole follows from those of its parts."""
    return algorithm in _COMBINE


def full_object_checksum(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """Return the checksum of a whole from its parts' checksums and sizes in bytes.

    >>> full_object_checksum("CRC32", [("NhCmhg==", 5), ("SjtCyw==", 6)])  # of "hello" and " world"
    'DUoRhQ=='
    """
    (value, _), *others = parts
    whole = int.from_bytes(base64.b64decode(value))
    for value, size in others:
        whole = _COMBINE[algorithm](whole, int.from_bytes(base64.b64decode(value)), size)
    return base64_text(whole.to_bytes(_DIGEST_BYTES[algorithm]))


def composite_checksum(algorithm: str, parts: Sequence[str]) -> str:
    """Return the checksum of the parts' checksums, and their number behind it.

    >>> composite_checksum("SHA256", ["arcu6553sHVAiX4MjW0j7I7vD4w6R+Gz9Ok0Q9lTa+0="])
    'Ok6Cs5b96ux6+MWQkJO7UBT5sKPBeXBLwvj/hK89smg=-1'
    """
    digest = ALGORITHMS[algorithm]()
    for value in parts:
        digest.update(base64.b64decode(value))
    return f"{base64_text(digest.digest())}-{len(parts)}"


def required_algorithm(headers: Mapping[str, str], name: str) -> str | None:
    """Return the algorithm that the header `name` asks for, None if it isn't there; raise `InvalidRequest`."""
    algorithm = headers.get(name, "").upper()
    if algorithm and algorithm not in ALGORITHMS:
        problem = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        raise S3Error("InvalidRequest", f"{problem}[{', '.join(ALGORITHMS)}]")
    return algorithm or None


def checksum_headers(checksums: Pairs, checksum_type: str | None) -> dict[str, str]:
    """Return the headers that tell an object's checksums.

    >>> checksum_headers((("CRC32", "7bJhLw=="),), "FULL_OBJECT")
    {'x-amz-checksum-crc32': '7bJhLw==', 'x-amz-checksum-type': 'FULL_OBJECT'}
    """
    told = {_HEADER_OF[algorithm]: value for algorithm, value in checksums}
    if told:
        told[_TYPE_HEADER] = checksum_type or FULL_OBJECT
    return told


def checksum_nodes(checksums: Pairs, checksum_type: str | None) -> list[Node]:
    """Return the elements that tell an object's checksums."""
    told: list[Node] = [(f"Checksum{algorithm}", value) for algorithm, value in checksums]
    return [*told, ("ChecksumType", checksum_type or FULL_OBJECT)] if told else []


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
