"""GET, HEAD and the lists, read back by boto3."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.conftest import Service
from tests.conformance.wire import Wire, call

BODY = b"0123456789"


@pytest.fixture
def etag(service: Service, bucket: str) -> str:
    return call(service.url, "PUT", f"/{bucket}/318", body=BODY).headers["etag"]


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=-99", 206, BODY),
        ("bytes=8-99", 206, b"89"),
        ("bytes=9-9", 206, b"9"),
        ("bytes=10-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-2", 200, BODY),
        ("bytes=0-1,4-5", 200, BODY),
        ("bytes=a-b", 200, BODY),
        ("bytes=-", 200, BODY),
        ("lines=0-1", 200, BODY),
        (f"bytes=0-{'9' * 5000}", 200, BODY),
    ],
)
def test_a_range_is_answered_as_rfc_9110_says(
    service: Service, bucket: str, etag: str, asked: str, status: int, body: bytes | None
) -> None:
    answer = call(service.url, "GET", f"/{bucket}/318", {"Range": asked})
    head = call(service.url, "HEAD", f"/{bucket}/318", {"Range": asked})

    assert answer.status == head.status == status
    if body is None:
        assert answer.code == "InvalidRange"
        assert answer.headers["content-range"] == "bytes */10"
        return
    assert answer.body == body
    assert head.headers["content-length"] == str(len(body))
    assert ("content-range" in answer.headers) is (status == 206)


def test_an_empty_object_has_no_range(service: Service, bucket: str) -> None:
    call(service.url, "PUT", f"/{bucket}/empty")

    assert call(service.url, "GET", f"/{bucket}/empty").body == b""
    assert call(service.url, "GET", f"/{bucket}/empty", {"Range": "bytes=0-"}).status == 416


EARLIER, LATER = "Mon, 01 Jan 2001 00:00:00 GMT", "Wed, 01 Jan 2098 00:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": "ETAG"}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"other", ETAG'}, 200),
        ({"If-Match": '"other"'}, 412),
        ({"If-None-Match": "ETAG"}, 304),
        ({"If-None-Match": "W/ETAG"}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-Modified-Since": EARLIER}, 200),
        ({"If-Modified-Since": LATER}, 304),
        ({"If-Unmodified-Since": EARLIER}, 412),
        ({"If-Unmodified-Since": LATER}, 200),
        ({"If-Match": "ETAG", "If-Unmodified-Since": EARLIER}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": LATER}, 200),
        ({"If-None-Match": "ETAG", "If-Modified-Since": EARLIER}, 304),
        ({"If-Match": '"other"', "If-None-Match": "ETAG"}, 412),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": f"Mon, 01 Jan 2024 00:00:00 +{'9' * 40}"}, 200),
        ({"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 -2300"}, 200),
        ({"Range": "bytes=0-0", "If-Range": "ETAG"}, 206),
        ({"Range": "bytes=0-0", "If-Range": "MODIFIED"}, 206),
        ({"Range": "bytes=0-0", "If-Range": '"other"'}, 200),
        ({"Range": "bytes=0-0", "If-Range": EARLIER}, 200),
        ({"Range": "bytes=0-0", "If-None-Match": "ETAG"}, 304),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_condition_is_answered_as_rfc_9110_says(
    service: Service, bucket: str, etag: str, method: str, headers: dict[str, str], status: int
) -> None:
    modified = call(service.url, "HEAD", f"/{bucket}/318").headers["last-modified"]
    said = {name: value.replace("ETAG", etag).replace("MODIFIED", modified) for name, value in headers.items()}

    answer = call(service.url, method, f"/{bucket}/318", said)

    assert answer.status == status
    if status == 304:
        assert answer.headers["etag"] == etag
        assert answer.headers["last-modified"] == modified
        assert "content-length" not in answer.headers


def test_an_object_says_when_it_was_modified_and_what_it_holds(service: Service, bucket: str, etag: str) -> None:
    answer = call(service.url, "GET", f"/{bucket}/318")

    modified = datetime.strptime(answer.headers["last-modified"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - modified) < timedelta(minutes=1)
    assert answer.headers["last-modified"] == format_datetime(modified, usegmt=True)
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
    assert answer.headers["content-type"] == "binary/octet-stream"
    assert answer.headers["accept-ranges"] == "bytes"


def test_metadata_and_content_headers_come_back(either_s3: Any, bucket: str) -> None:
    kept = {
        "CacheControl": "no-cache",
        "ContentDisposition": 'attachment; filename="a b.json"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "fr",
        "ContentType": "application/json; charset=utf-8",
        "Metadata": {"annotator": "ann@example.com", "two-words": "a  b"},
    }
    either_s3.put_object(Bucket=bucket, Key="318", Body=BODY, Expires=datetime(2030, 1, 1, tzinfo=UTC), **kept)

    for found in (either_s3.get_object(Bucket=bucket, Key="318"), either_s3.head_object(Bucket=bucket, Key="318")):
        assert {name: found[name] for name in kept} == kept
        assert found["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"


def test_metadata_in_utf_8_or_latin_1_comes_back_as_an_encoded_word(service: Service, bucket: str) -> None:
    for raw in ("à", "日本", b"\xe9".decode("latin-1")):
        answer = call(service.url, "PUT", f"/{bucket}/318", {"x-amz-meta-name": raw}, BODY)
        assert answer.status == 200
        found = call(service.url, "GET", f"/{bucket}/318").headers["x-amz-meta-name"]
        assert found.isascii()
        assert str(make_header(decode_header(found))) == raw


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_checksum_is_checked_kept_and_given_back(either_s3: Any, bucket: str, algorithm: str) -> None:
    put = either_s3.put_object(Bucket=bucket, Key="318", Body=BODY, ChecksumAlgorithm=algorithm)
    got = either_s3.get_object(Bucket=bucket, Key="318", ChecksumMode="ENABLED")

    assert got["Body"].read() == BODY  # boto3 checks it
    assert put[f"Checksum{algorithm}"] == got[f"Checksum{algorithm}"]


def test_a_head_answers_as_a_get_but_without_a_body(service: Service, bucket: str, etag: str) -> None:
    with Wire(service.url) as wire:
        for target, status in ((f"/{bucket}/318", 200), (f"/{bucket}/none", 404), ("/not-there", 404)):
            wire.send_signed("HEAD", target)
            assert wire.read(to="HEAD").status == status
        wire.send_signed("GET", f"/{bucket}/318")
        assert wire.read().body == BODY  # nothing of the HEADs was left on the connection


def test_an_error_for_a_key_xml_can_not_say_can_be_read(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="a\x01\x00b")


KEYS = sorted(
    ["a", "a b", "a+b", "a/1", "a/2/3", "b%20", "c&<>\"'", "d\x01\x1f", "d\n\r\t", "d\x7f\u0085", "é/è", "日本", "🙂"]
)


@pytest.fixture
def listed(s3: Any, bucket: str) -> str:
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


@pytest.mark.parametrize("page_size", [1, 2, 5, 1000])
@pytest.mark.parametrize("version", ["list_objects", "list_objects_v2"])
def test_every_key_is_listed_once_whatever_the_page_size(s3: Any, listed: str, version: str, page_size: int) -> None:
    pages = list(s3.get_paginator(version).paginate(Bucket=listed, PaginationConfig={"PageSize": page_size}))

    entries = [entry for page in pages for entry in page["Contents"]]
    assert [entry["Key"] for entry in entries] == KEYS
    assert [entry["Size"] for entry in entries] == [len(key.encode()) for key in KEYS]
    assert all(re.fullmatch(r'"[0-9a-f]{32}"', entry["ETag"]) for entry in entries)
    assert len(pages) == -(-len(KEYS) // page_size)


@pytest.mark.parametrize("version", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("page_size", [1, 3, 1000])
def test_a_delimiter_groups_keys_across_pages(s3: Any, listed: str, version: str, page_size: int) -> None:
    pages = list(
        s3.get_paginator(version).paginate(Bucket=listed, Delimiter="/", PaginationConfig={"PageSize": page_size})
    )

    prefixes = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
    assert prefixes == ["a/", "é/"]
    assert [entry["Key"] for page in pages for entry in page.get("Contents", [])] == [k for k in KEYS if "/" not in k]


def test_an_old_list_names_the_next_marker(s3: Any, listed: str) -> None:
    page = s3.list_objects(Bucket=listed, MaxKeys=4, Delimiter="/")

    assert page["IsTruncated"]
    assert page["NextMarker"] == "a/"
    assert s3.list_objects(Bucket=listed, Marker="é/", Delimiter="/")["Contents"][0]["Key"] == "日本"


def test_a_new_list_starts_after_a_key_and_says_what_it_was_asked(s3: Any, listed: str) -> None:
    page = s3.list_objects_v2(Bucket=listed, StartAfter="é", Prefix="é", MaxKeys=7)

    assert [entry["Key"] for entry in page["Contents"]] == ["é/è"]
    assert (page["StartAfter"], page["Prefix"], page["MaxKeys"], page["KeyCount"]) == ("é", "é", 7, 1)


@pytest.mark.parametrize("version", ["list_objects", "list_objects_v2"])
def test_a_page_of_no_keys_is_complete(s3: Any, listed: str, version: str) -> None:
    page = getattr(s3, version)(Bucket=listed, MaxKeys=0)

    assert "Contents" not in page
    assert not page["IsTruncated"]


def test_a_page_has_at_most_a_thousand_keys(s3: Any, listed: str) -> None:
    assert s3.list_objects_v2(Bucket=listed, MaxKeys=5000)["MaxKeys"] == 1000
