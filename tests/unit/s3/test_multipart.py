"""What parts make together."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.s3.checksums import ALGORITHMS, base64_text, can_be_full_object, full_object_checksum
from dvc_sync_s3.s3.multipart import (
    ChosenPart,
    asked_checksum,
    chosen_parts,
    found_parts,
    whole_checksum,
    whole_etag,
)
from dvc_sync_s3.s3.xml_reading import parse_document
from dvc_sync_s3.store.model import StoredPart, Upload
from tests.unit.s3.asgi import refusal_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MIB = 1024**2
CRCS = [name for name in ALGORITHMS if can_be_full_object(name)]


def checksum(algorithm: str, data: bytes) -> str:
    digest = ALGORITHMS[algorithm]()
    digest.update(data)
    return base64_text(digest.digest())


def stored(number: int, size: int = 5 * MIB, etag: str = "aa", **checksums: str) -> StoredPart:
    return StoredPart(number, size, etag, NOW, tuple(checksums.items()))


def upload(algorithm: str | None = None, kind: str | None = None) -> Upload:
    return Upload("b", "k", "id", NOW, None, (), (), (), algorithm, kind)


@pytest.mark.parametrize("algorithm", CRCS)
@given(parts=st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_the_checksum_of_a_whole_follows_from_its_parts(algorithm: str, parts: list[bytes]) -> None:
    each = [(checksum(algorithm, part), len(part)) for part in parts]
    assert full_object_checksum(algorithm, each) == checksum(algorithm, b"".join(parts))


def test_a_digest_of_digests_says_how_many() -> None:
    parts = [stored(1, SHA1=checksum("SHA1", b"a")), stored(2, SHA1=checksum("SHA1", b"b"))]
    of_digests = checksum("SHA1", b"".join(base64.b64decode(part.checksums[0][1]) for part in parts))
    assert whole_checksum(upload("SHA1", "COMPOSITE"), parts) == ((("SHA1", f"{of_digests}-2"),), "COMPOSITE")


def test_parts_without_a_checksum_in_common_have_none_together() -> None:
    parts = [stored(1, SHA1=checksum("SHA1", b"a")), stored(2, CRC32=checksum("CRC32", b"b"))]
    assert whole_checksum(upload(), parts) == ((), None)


@pytest.mark.parametrize(
    ("algorithm", "kind", "read"),
    [
        (None, None, (None, None)),
        ("CRC64NVME", None, ("CRC64NVME", "FULL_OBJECT")),
        ("crc32", None, ("CRC32", "COMPOSITE")),
        ("CRC32C", "FULL_OBJECT", ("CRC32C", "FULL_OBJECT")),
        ("SHA256", "COMPOSITE", ("SHA256", "COMPOSITE")),
    ],
)
def test_an_upload_has_its_algorithm_and_type(
    algorithm: str | None, kind: str | None, read: tuple[str | None, str | None]
) -> None:
    assert asked_checksum(headers(algorithm, kind)) == read


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("SHA1", "FULL_OBJECT"),
        ("SHA256", "FULL_OBJECT"),
        ("CRC64NVME", "COMPOSITE"),
        ("MD5", None),
        ("CRC32", "HALF"),
        (None, "COMPOSITE"),
    ],
)
def test_an_algorithm_that_cannot_be_of_that_type_is_refused(algorithm: str | None, kind: str | None) -> None:
    assert refusal_of(lambda: asked_checksum(headers(algorithm, kind))) == "InvalidRequest"


def headers(algorithm: str | None, kind: str | None) -> dict[str, str]:
    said = {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind}
    return {name: value for name, value in said.items() if value is not None}


def completion(*parts: tuple[object, object]) -> Element:
    each = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in parts)
    return parse_document(
        f"<CompleteMultipartUpload>{each}</CompleteMultipartUpload>".encode(), "CompleteMultipartUpload"
    )


def test_parts_are_named_with_or_without_quotes() -> None:
    assert chosen_parts(completion((1, '"aa"'), (3, "bb"))) == (ChosenPart(1, "aa", ()), ChosenPart(3, "bb", ()))


def test_of_a_part_named_twice_the_last_counts() -> None:
    assert chosen_parts(completion((1, "aa"), (1, "bb"))) == (ChosenPart(1, "bb", ()),)


@pytest.mark.parametrize("parts", [[], [("x", "aa")], [("", "aa")], [("-1", "aa")], [(1, "")], [("1" * 10, "aa")]])
def test_a_list_of_parts_that_names_none_is_malformed(parts: list[tuple[object, object]]) -> None:
    assert refusal_of(lambda: chosen_parts(completion(*parts))) == "MalformedXML"


def test_parts_come_in_ascending_order() -> None:
    assert refusal_of(lambda: chosen_parts(completion((2, "aa"), (1, "bb")))) == "InvalidPartOrder"


def test_more_parts_than_an_upload_may_have_are_malformed() -> None:
    parts = [(number, "aa") for number in range(1, 10_002)]
    assert refusal_of(lambda: chosen_parts(completion(*parts))) == "MalformedXML"


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        (ChosenPart(1, "aa", ()), None),
        (ChosenPart(1, "aa", (("CRC32", "7bJhLw=="),)), None),
        (ChosenPart(1, "aa", (("CRC32", "AAAAAA=="),)), "InvalidPart"),
        (ChosenPart(1, "aa", (("SHA1", "7bJhLw=="),)), "InvalidPart"),
        (ChosenPart(1, "bb", ()), "InvalidPart"),
        (ChosenPart(2, "aa", ()), "InvalidPart"),
    ],
)
def test_a_part_is_what_its_client_says(chosen: ChosenPart, code: str | None) -> None:
    assert refusal_of(lambda: found_parts([chosen], [stored(1, CRC32="7bJhLw==")])) == code


@pytest.mark.parametrize(("sizes", "code"), [((5 * MIB, 1), None), ((5 * MIB - 1, 1), "EntityTooSmall"), ((0,), None)])
def test_every_part_but_the_last_has_five_mebibytes(sizes: tuple[int, ...], code: str | None) -> None:
    parts = [stored(number, size) for number, size in enumerate(sizes, 1)]
    chosen = [ChosenPart(part.number, part.etag, ()) for part in parts]
    assert refusal_of(lambda: found_parts(chosen, parts)) == code


def test_an_etag_that_is_no_digest_is_no_parts() -> None:
    assert refusal_of(lambda: whole_etag(["xyz"])) == "InvalidPart"
