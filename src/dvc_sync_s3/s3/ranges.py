"""The `Range` header and `partNumber`: which bytes of an object.

Source: RFC 9110, section 14.1.2; S3 answers one range and takes anything else for no range at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.store.model import Headers as Pairs
from dvc_sync_s3.store.model import ObjectPart, StoredObject

_MAX_PARTS = 10_000
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return self.last - self.first + 1


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Return the range of an object of `size` bytes, None for all of it; raise `InvalidRange`.

    >>> parse_range("bytes=2-", 10), parse_range("bytes=-3", 10), parse_range("bytes=0-99", 10)
    (ByteRange(first=2, last=9), ByteRange(first=7, last=9), ByteRange(first=0, last=9))
    >>> parse_range("bytes=0-1,4-5", 10), parse_range("lines=1-2", 10), parse_range("bytes=5-2", 10)
    (None, None, None)
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or found[0] == "bytes=-":
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
        if found[2] and int(found[2]) < first:
            return None
    if first >= size or first > last:
        told = (("RangeRequested", found[0]), ("ActualObjectSize", str(size)))
        raise S3Error("InvalidRange", headers={"Content-Range": f"bytes */{size}"}, extras=told)
    return ByteRange(first, last)


def part_of(found: StoredObject, part_number: str) -> tuple[ByteRange | None, Pairs]:
    """Return the bytes of a part, None for an empty one, and its checksums; an object made at once is one part.

    Raises `InvalidArgument` or `InvalidPartNumber`.
    """
    if not (part_number.isascii() and part_number.isdecimal()) or not 1 <= int(part_number[:6]) <= _MAX_PARTS:
        raise S3Error("InvalidArgument", f"Part number must be an integer between 1 and {_MAX_PARTS}, inclusive")
    parts = found.parts or (ObjectPart(1, found.size, found.checksums),)
    first = 0
    for part in parts:
        if part.number == int(part_number):
            return (ByteRange(first, first + part.size - 1) if part.size else None), part.checksums
        first += part.size
    raise S3Error("InvalidPartNumber")
