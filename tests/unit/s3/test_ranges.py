"""Which bytes a part number names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from dvc_sync_s3.s3.ranges import ByteRange, part_of
from dvc_sync_s3.store.model import ObjectPart, StoredObject
from tests.unit.s3.asgi import refusal_of

AT_ONCE = StoredObject("b", "k", 1, 10, "e" * 32, datetime(2026, 11, 23, tzinfo=UTC), None, (), (), (("CRC32", "w"),))
IN_PARTS = replace(
    AT_ONCE, parts=(ObjectPart(1, 4, (("CRC32", "a"),)), ObjectPart(3, 5, (("CRC32", "b"),)), ObjectPart(7, 1))
)


@pytest.mark.parametrize(
    ("found", "number", "part"),
    [
        (AT_ONCE, "1", (ByteRange(0, 9), AT_ONCE.checksums)),
        (IN_PARTS, "1", (ByteRange(0, 3), (("CRC32", "a"),))),
        (IN_PARTS, "3", (ByteRange(4, 8), (("CRC32", "b"),))),
        (IN_PARTS, "7", (ByteRange(9, 9), ())),
        (replace(AT_ONCE, size=0), "1", (None, AT_ONCE.checksums)),
    ],
)
def test_a_part_is_its_bytes_and_its_checksums(found: StoredObject, number: str, part: object) -> None:
    assert part_of(found, number) == part


@pytest.mark.parametrize(
    ("found", "number", "code"),
    [
        (AT_ONCE, "2", "InvalidPartNumber"),
        (IN_PARTS, "2", "InvalidPartNumber"),
        (IN_PARTS, "0", "InvalidArgument"),
        (IN_PARTS, "10001", "InvalidArgument"),
        (IN_PARTS, "9" * 5000, "InvalidArgument"),
        (IN_PARTS, "-1", "InvalidArgument"),
        (IN_PARTS, "", "InvalidArgument"),
    ],
)
def test_a_part_that_is_not_there_is_refused(found: StoredObject, number: str, code: str) -> None:
    assert refusal_of(lambda: part_of(found, number)) == code
