"""What boto3 can do with objects beyond storing and reading them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dvc_sync_s3.s3 import response
from dvc_sync_s3.s3.checksums import ALGORITHMS
from tests.conformance.conftest import Service
from tests.conformance.signing import sign
from tests.conformance.wire import Wire, call

TAGS = [{"Key": "done", "Value": "yes"}, {"Key": "reader", "Value": "Ann B"}]


def refusal(ask: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        ask(**parameters)
    return str(refused.value.response["Error"]["Code"])


def test_a_copy_has_the_body_and_what_was_said_of_its_source(either_s3: Any, bucket: str) -> None:
    body = b"0123456789" * 100_000
    either_s3.put_object(
        Bucket=bucket,
        Key="from/a b+é?.txt",
        Body=body,
        ContentType="text/plain",
        CacheControl="no-store",
        Metadata={"origin": "here"},
        Tagging="reader=Ann%20B&done=yes",
        ChecksumAlgorithm="SHA256",
        StorageClass="STANDARD_IA",
    )
    source = {"Bucket": bucket, "Key": "from/a b+é?.txt"}

    copied = either_s3.copy_object(Bucket=bucket, Key="to", CopySource=source)["CopyObjectResult"]

    found = either_s3.get_object(Bucket=bucket, Key="to", ChecksumMode="ENABLED")
    assert found["Body"].read() == body
    assert (found["ContentType"], found["CacheControl"]) == ("text/plain", "no-store")
    assert (found["Metadata"], found["TagCount"]) == ({"origin": "here"}, 2)
    assert (found["ETag"], found["ChecksumSHA256"]) == (copied["ETag"], copied["ChecksumSHA256"])
    assert "StorageClass" not in found  # a copy's is its own
    assert either_s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"] == TAGS


def test_a_copy_takes_what_it_is_told_instead(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="318", Body=b"body", ContentType="a/b", Metadata={"a": "1"}, Tagging="a=1")

    s3.copy_object(
        Bucket=bucket,
        Key="318",
        CopySource=f"/{bucket}/318?versionId=null",
        MetadataDirective="REPLACE",
        Metadata={"b": "2"},
        TaggingDirective="REPLACE",
        Tagging="b=2",
        ChecksumAlgorithm="SHA1",
        StorageClass="GLACIER",
    )

    found = s3.get_object(Bucket=bucket, Key="318", ChecksumMode="ENABLED")
    assert found["Body"].read() == b"body"
    assert (found["ContentType"], found["Metadata"], found["StorageClass"]) == (
        "binary/octet-stream",
        {"b": "2"},
        "GLACIER",
    )
    assert found["ChecksumSHA1"] == base64.b64encode(hashlib.sha1(b"body").digest()).decode()
    assert s3.get_object_tagging(Bucket=bucket, Key="318")["TagSet"] == [{"Key": "b", "Value": "2"}]
    [listed] = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert listed["StorageClass"] == "GLACIER"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "InvalidRequest"),  # onto itself, with nothing changed
        ({"Key": "new", "CopySourceIfMatch": '"other"'}, "PreconditionFailed"),
        ({"Key": "new", "CopySourceIfNoneMatch": "*"}, "PreconditionFailed"),
        ({"Key": "new", "CopySourceIfModifiedSince": "2099-01-01"}, "PreconditionFailed"),
        ({"Key": "new", "CopySourceIfUnmodifiedSince": "2001-01-01"}, "PreconditionFailed"),
        ({"Key": "new", "IfMatch": '"other"'}, "NoSuchKey"),
        ({"Key": "there", "IfNoneMatch": "*"}, "PreconditionFailed"),
        ({"Key": "new", "MetadataDirective": "MERGE"}, "InvalidArgument"),
        ({"Key": "new", "ACL": "public-read"}, "AccessControlListNotSupported"),
        ({"Key": "new", "ChecksumAlgorithm": "MD5"}, "InvalidRequest"),
        ({"Key": "k" * 1025}, "KeyTooLongError"),
    ],
)
def test_a_copy_that_can_not_be_is_refused(s3: Any, bucket: str, asked: dict[str, str], code: str) -> None:
    for key in ("318", "there"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"body")
    parameters = {"Bucket": bucket, "Key": "318", "CopySource": {"Bucket": bucket, "Key": "318"}, **asked}

    assert refusal(s3.copy_object, **parameters) == code
    assert {found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]} == {"318", "there"}


def test_a_copy_that_takes_long_is_told_late(s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response, "PATIENCE_S", 0)
    etag = s3.put_object(Bucket=bucket, Key="318", Body=b"body")["ETag"]

    answer = s3.copy_object(Bucket=bucket, Key="new", CopySource=f"{bucket}/318")

    assert answer["CopyObjectResult"]["ETag"] == etag
    assert "content-length" not in answer["ResponseMetadata"]["HTTPHeaders"]
    assert refusal(s3.copy_object, Bucket=bucket, Key="new", CopySource=f"{bucket}/319") == "NoSuchKey"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("/not-there/318", "NoSuchBucket"),
        ("{bucket}/not-there", "NoSuchKey"),
        ("{bucket}%2F318", None),
        ("{bucket}/318?versionId=older", "NoSuchVersion"),
        ("{bucket}", "InvalidArgument"),
        ("{bucket}/", "InvalidArgument"),
        ("{bucket}/%ff", "InvalidArgument"),
        ("{bucket}/../../318", "NoSuchKey"),
    ],
)
def test_a_copy_source_is_a_bucket_and_a_key(service: Service, bucket: str, source: str, code: str | None) -> None:
    call(service.url, "PUT", f"/{bucket}/318", body=b"body")

    answer = call(service.url, "PUT", f"/{bucket}/new", {"x-amz-copy-source": source.format(bucket=bucket)})

    assert b"<Error>" in answer.body if code else answer.status == 200
    assert code is None or answer.code == code


def test_many_objects_are_deleted_at_once_and_each_by_its_conditions(s3: Any, bucket: str) -> None:
    etags = {key: s3.put_object(Bucket=bucket, Key=key, Body=key.encode())["ETag"] for key in ("a", "b", "c d&<é>")}
    asked = [
        {"Key": "a", "ETag": etags["a"], "Size": 1},
        {"Key": "b", "ETag": etags["a"]},
        {"Key": "c d&<é>"},
        {"Key": "never there"},
        {"Key": "k" * 1025},
        {"Key": "b", "VersionId": "older"},
    ]

    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": asked})

    assert [found["Key"] for found in answer["Deleted"]] == ["a", "c d&<é>", "never there"]
    assert [found["Code"] for found in answer["Errors"]] == ["PreconditionFailed", "KeyTooLongError", "NoSuchVersion"]
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["b"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<Delete></Delete>", "MalformedXML"),
        (b"<Delete><Object><Key></Key></Object></Delete>", "MalformedXML"),
        (b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>", "MalformedXML"),
        (b"not XML", "MalformedXML"),
    ],
)
def test_a_list_of_deletes_is_from_one_to_a_thousand_keys(
    service: Service, bucket: str, body: bytes, code: str
) -> None:
    headers = {"x-amz-sdk-checksum-algorithm": "CRC32", "x-amz-checksum-crc32": crc32(body)}
    assert call(service.url, "POST", f"/{bucket}?delete", headers, body).code == code


def test_a_list_of_deletes_that_is_too_long_need_not_travel(service: Service, bucket: str) -> None:
    headers = {"Content-Length": "2097153", "x-amz-checksum-crc32": "AAAAAA=="}
    assert call(service.url, "POST", f"/{bucket}?delete", headers).code == "MaxMessageLengthExceeded"


def test_a_list_of_deletes_needs_a_digest(service: Service, bucket: str) -> None:
    call(service.url, "PUT", f"/{bucket}/318", body=b"body")
    body = b"<Delete><Object><Key>318</Key></Object></Delete>"

    assert call(service.url, "POST", f"/{bucket}?delete", body=body).code == "InvalidRequest"
    assert (
        call(service.url, "POST", f"/{bucket}?delete", {"x-amz-checksum-crc32": "AAAAAA=="}, body).code == "BadDigest"
    )
    assert service.store.head(bucket, "318") is not None


def crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def test_tags_are_put_read_and_removed_and_are_no_change(s3: Any, service: Service, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="318", Body=b"body")
    seq = service.store.last_seq()

    s3.put_object_tagging(Bucket=bucket, Key="318", Tagging={"TagSet": TAGS})
    assert s3.get_object_tagging(Bucket=bucket, Key="318")["TagSet"] == TAGS
    assert s3.head_object(Bucket=bucket, Key="318")["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"] == "2"
    s3.delete_object_tagging(Bucket=bucket, Key="318")
    assert s3.get_object_tagging(Bucket=bucket, Key="318")["TagSet"] == []

    assert service.store.last_seq() == seq
    for ask in (s3.get_object_tagging, s3.delete_object_tagging):
        assert refusal(ask, Bucket=bucket, Key="319") == "NoSuchKey"
    assert refusal(s3.put_object_tagging, Bucket=bucket, Key="319", Tagging={"TagSet": TAGS}) == "NoSuchKey"


def test_everything_is_the_owners_and_nobody_elses(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="318", Body=b"body", ACL="bucket-owner-full-control")
    policy = s3.get_object_acl(Bucket=bucket, Key="318")
    [grant] = policy["Grants"]
    assert (grant["Permission"], grant["Grantee"]["ID"]) == ("FULL_CONTROL", policy["Owner"]["ID"])

    s3.put_object_acl(Bucket=bucket, Key="318", ACL="private")
    kept = {"Owner": policy["Owner"], "Grants": policy["Grants"]}
    s3.put_object_acl(Bucket=bucket, Key="318", AccessControlPolicy=kept)
    assert refusal(s3.put_object_acl, Bucket=bucket, Key="318", ACL="public-read") == "AccessControlListNotSupported"
    assert refusal(s3.get_object_acl, Bucket=bucket, Key="319") == "NoSuchKey"


def test_attributes_are_those_that_were_asked_for(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="318", Body=b"123456789", ChecksumAlgorithm="CRC32C")["ETag"]

    found = s3.get_object_attributes(
        Bucket=bucket, Key="318", ObjectAttributes=["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    )

    assert (found["ETag"], found["ObjectSize"], found["StorageClass"]) == (etag.strip('"'), 9, "STANDARD")
    assert found["Checksum"] == {"ChecksumCRC32C": "4waSgw==", "ChecksumType": "FULL_OBJECT"}
    assert "ObjectParts" not in found
    size = s3.get_object_attributes(Bucket=bucket, Key="318", ObjectAttributes=["ObjectSize"])
    assert "ETag" not in size
    assert refusal(s3.get_object_attributes, Bucket=bucket, Key="318", ObjectAttributes=["Colour"]) == "InvalidArgument"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_checksum_that_came_is_checked_kept_and_told(service: Service, bucket: str, algorithm: str) -> None:
    name = f"x-amz-checksum-{algorithm.lower()}"
    digest = ALGORITHMS[algorithm]()
    digest.update(b"body")
    sent = {name: base64.b64encode(digest.digest()).decode(), "x-amz-sdk-checksum-algorithm": algorithm}
    answer = call(service.url, "PUT", f"/{bucket}/318", sent, b"body")
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"

    told = call(service.url, "HEAD", f"/{bucket}/318", {"x-amz-checksum-mode": "ENABLED"}).headers
    assert told[name] == answer.headers[name]
    assert name not in call(service.url, "HEAD", f"/{bucket}/318").headers
    checked = call(service.url, "PUT", f"/{bucket}/319", {name: answer.headers[name]}, b"body")
    assert checked.status == 200


def test_a_body_without_a_checksum_gets_one(service: Service, bucket: str) -> None:
    assert "x-amz-checksum-crc64nvme" in call(service.url, "PUT", f"/{bucket}/318", body=b"body").headers


def test_an_object_made_at_once_is_one_part(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="318", Body=b"body")

    found = s3.get_object(Bucket=bucket, Key="318", PartNumber=1, ChecksumMode="ENABLED")

    assert (found["ContentRange"], found["Body"].read()) == ("bytes 0-3/4", b"body")
    assert "PartsCount" not in found
    for wrong, code in ((2, "InvalidPartNumber"), (0, "InvalidArgument"), (10_001, "InvalidArgument")):
        assert refusal(s3.get_object, Bucket=bucket, Key="318", PartNumber=wrong) == code
    assert refusal(s3.get_object, Bucket=bucket, Key="318", PartNumber=1, Range="bytes=0-1") == "InvalidRequest"


@pytest.mark.parametrize(
    ("value", "encoding", "answered"),
    [
        ("größe", "utf-8", "=?UTF-8?B?Z3LDtsOfZQ==?="),
        ("café", "latin-1", "=?UTF-8?B?Y2Fmw6k=?="),
        ("=?UTF-8?B?w6k=?=", "ascii", "=?UTF-8?B?w6k=?="),
        ("a + b", "ascii", "a + b"),
        ("", "ascii", ""),
    ],
)
def test_metadata_beyond_ascii_are_answered_as_encoded_words(
    service: Service, bucket: str, value: str, encoding: str, answered: str
) -> None:
    with Wire(service.url) as wire:
        signed = sign("PUT", f"{service.url}/{bucket}/318", {"x-amz-meta-note": value, "Content-Length": "0"})
        lines = [f"PUT /{bucket}/318 HTTP/1.1", *(f"{name}: {text}" for name, text in signed.items())]
        wire.send("\r\n".join(lines).encode(encoding) + b"\r\n\r\n")
        assert wire.read().status == 200

    for method in ("HEAD", "GET"):
        assert call(service.url, method, f"/{bucket}/318").headers["x-amz-meta-note"] == answered


@pytest.mark.parametrize("plus", ["+", "%20"])
def test_a_plus_in_a_copy_source_is_a_space(service: Service, bucket: str, plus: str) -> None:
    call(service.url, "PUT", f"/{bucket}/from%20a%2Bb", body=b"body")

    answer = call(service.url, "PUT", f"/{bucket}/to", {"x-amz-copy-source": f"{bucket}/from{plus}a%2Bb"})

    assert answer.status == 200
    assert call(service.url, "GET", f"/{bucket}/to").body == b"body"


@pytest.mark.parametrize("name", ["Range", "x-amz-copy-source-range"])
def test_a_copy_of_a_part_is_refused(service: Service, bucket: str, name: str) -> None:
    call(service.url, "PUT", f"/{bucket}/318", body=b"body")

    answer = call(service.url, "PUT", f"/{bucket}/to", {"x-amz-copy-source": f"{bucket}/318", name: "bytes=0-1"})

    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert call(service.url, "HEAD", f"/{bucket}/to").status == 404


def test_what_a_read_answers_is_said_in_latin_1(service: Service, bucket: str) -> None:
    call(service.url, "PUT", f"/{bucket}/318", body=b"body")
    name = "response-content-disposition"

    answer = call(service.url, "GET", f"/{bucket}/318?{name}=inline%3B%20filename%3Dgr%C3%B6%C3%9Fe.txt")
    refused = call(service.url, "GET", f"/{bucket}/318?{name}=%E6%97%A5")

    assert answer.headers["content-disposition"] == "inline; filename=größe.txt"
    assert (refused.code, refused.message) == (
        "InvalidArgument",
        "Header value cannot be represented using ISO-8859-1.",
    )


@pytest.mark.parametrize("encryption", [{}, {"SSEKMSKeyId": "a-key"}])
def test_encryption_is_taken_but_never_claimed(s3: Any, bucket: str, encryption: dict[str, str]) -> None:
    word = "aws:kms" if encryption else "AES256"

    answer = s3.put_object(Bucket=bucket, Key="318", Body=b"body", ServerSideEncryption=word, **encryption)

    assert "ServerSideEncryption" not in answer
    assert "ServerSideEncryption" not in s3.head_object(Bucket=bucket, Key="318")


def test_a_read_that_brings_a_key_is_refused(service: Service, bucket: str) -> None:
    call(service.url, "PUT", f"/{bucket}/318", body=b"body")
    headers = {"x-amz-server-side-encryption-customer-algorithm": "AES256"}

    assert call(service.url, "GET", f"/{bucket}/318", headers).code == "InvalidRequest"
    assert (
        call(service.url, "GET", f"/{bucket}/318", {"x-amz-server-side-encryption": "AES256"}).code == "InvalidArgument"
    )


def test_of_many_conditional_copies_one_wins(service: Service, bucket: str) -> None:
    call(service.url, "PUT", f"/{bucket}/318", body=b"body")
    headers = {"x-amz-copy-source": f"{bucket}/318", "If-None-Match": "*"}

    async def copy_all() -> list[int]:
        copies = (asyncio.to_thread(call, service.url, "PUT", f"/{bucket}/new", headers) for _ in range(20))
        return [answer.status for answer in await asyncio.gather(*copies)]

    assert sorted(asyncio.run(copy_all())) == [200] + [412] * 19
