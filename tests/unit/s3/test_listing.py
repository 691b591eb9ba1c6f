from __future__ import annotations

from urllib.parse import quote

import pytest

from dvc_sync_s3.s3.listing import object_elements, parse_list_parameters, prefix_elements
from dvc_sync_s3.s3.request import Query
from dvc_sync_s3.store.model import ListedObject

TIME = "2026-11-23T12:00:00.250Z"


@pytest.mark.parametrize("around", ["", "a"])
def test_a_name_is_percent_encoded_but_for_letters_digits_and_what_aws_leaves(around: str) -> None:
    encode = parse_list_parameters(Query({"encoding-type": "url"})).encode
    for character in [*map(chr, range(0x180)), "\u0660", "\U0001f600"]:
        name = f"{around}{character}{around}"
        assert encode(name) == quote(name, safe="/-_.*")
    assert encode("é /~") == "%C3%A9%20/~"


def test_a_plain_object_is_one_element() -> None:
    found = [ListedObject("a<b", 17, "0a", TIME, (), (), None, None)]
    assert object_elements(found, str) == (
        f'<Contents><Key>a&lt;b</Key><LastModified>{TIME}</LastModified><ETag>"0a"</ETag><Size>17</Size>'
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def test_a_listing_says_how_an_object_was_checked_where_it_is_kept_and_whose_it_is() -> None:
    headers = (("x-amz-storage-class", "GLACIER"),)
    found = [
        ListedObject(key, 0, "0a", TIME, headers, ("CRC32", "SHA256"), "COMPOSITE", owner)
        for key, owner in (("1", None), ("2", "b"))
    ]
    written = object_elements(found, str, name="Version", extra=lambda owner: [("Owner", owner or "main")])
    assert written == "".join(
        f'<Version><Key>{key}</Key><LastModified>{TIME}</LastModified><ETag>"0a"</ETag>'
        "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA256</ChecksumAlgorithm>"
        "<ChecksumType>COMPOSITE</ChecksumType><Size>0</Size><StorageClass>GLACIER</StorageClass>"
        f"<Owner>{owner}</Owner></Version>"
        for key, owner in (("1", "main"), ("2", "b"))
    )


def test_common_prefixes_are_encoded_and_escaped() -> None:
    assert prefix_elements(["a&/", "b/"], str.upper) == (
        "<CommonPrefixes><Prefix>A&amp;/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>B/</Prefix></CommonPrefixes>"
    )
    assert prefix_elements([], str) == ""
