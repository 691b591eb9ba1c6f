"""Uploads in parts, as boto3 sends them."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dvc_sync_s3.s3 import response
from tests.conformance.conftest import Service, is_stored

MIB = 1024**2
BIG = bytes(range(256)) * (5 * MIB // 256)
LAST = b"the end"


class InParts:
    """One upload, its parts remembered as its client would."""

    def __init__(self, s3: Any, bucket: str, key: str = "318", **said: Any) -> None:
        self._s3 = s3
        self.place = {"Bucket": bucket, "Key": key}
        self.place["UploadId"] = s3.create_multipart_upload(**self.place, **said)["UploadId"]
        self.parts: list[dict[str, Any]] = []

    def send(self, number: int, body: bytes, **said: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._s3.upload_part(**self.place, PartNumber=number, Body=body, **said)
        return self.keep(number, answer)

    def copy(self, number: int, source: str | dict[str, str], **said: Any) -> dict[str, Any]:
        answer = self._s3.upload_part_copy(**self.place, PartNumber=number, CopySource=source, **said)
        return self.keep(number, answer["CopyPartResult"])

    def keep(self, number: int, told: dict[str, Any]) -> dict[str, Any]:
        checksums = {name: value for name, value in told.items() if name.startswith("Checksum")}
        self.parts.append({"PartNumber": number, "ETag": told["ETag"], **checksums})
        return told

    def complete(self, parts: list[dict[str, Any]] | None = None, **said: Any) -> dict[str, Any]:
        chosen = {"Parts": self.parts if parts is None else parts}
        answer: dict[str, Any] = self._s3.complete_multipart_upload(**self.place, MultipartUpload=chosen, **said)
        return answer

    def abort(self) -> None:
        self._s3.abort_multipart_upload(**self.place)

    def listed(self, **said: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._s3.list_parts(**self.place, **said)
        return answer


def code_of(act: Any) -> str:
    with pytest.raises(ClientError) as caught:
        act()
    return str(caught.value.response["Error"]["Code"])


def body_of(s3: Any, bucket: str, key: str = "318") -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def test_parts_become_one_object(either_s3: Any, bucket: str) -> None:
    upload = InParts(either_s3, bucket)
    upload.send(1, BIG)
    upload.send(7, LAST)

    answer = upload.complete()

    digests = b"".join(hashlib.md5(part).digest() for part in (BIG, LAST))
    assert answer["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    assert answer["Location"].endswith(f"/{bucket}/318")
    assert body_of(either_s3, bucket) == BIG + LAST
    assert either_s3.list_multipart_uploads(Bucket=bucket).get("Uploads") is None


def test_an_object_is_not_there_before_its_upload_is_complete(service: Service, s3: Any, bucket: str) -> None:
    InParts(s3, bucket).send(1, LAST)
    assert not is_stored(service, bucket)


def test_what_is_said_at_the_beginning_is_the_objects(service: Service, s3: Any, bucket: str) -> None:
    upload = InParts(
        s3, bucket, ContentType="text/plain", CacheControl="no-store", Metadata={"note": "n"}, Tagging="reader=Ann"
    )
    upload.send(1, LAST)
    upload.complete()

    found = s3.head_object(Bucket=bucket, Key="318")
    assert (found["ContentType"], found["CacheControl"], found["Metadata"]) == ("text/plain", "no-store", {"note": "n"})
    assert s3.get_object_tagging(Bucket=bucket, Key="318")["TagSet"] == [{"Key": "reader", "Value": "Ann"}]


def test_a_part_sent_again_replaces_the_first(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    upload.send(1, b"first")
    upload.send(1, b"second")
    first, second = upload.parts

    assert code_of(lambda: upload.complete([first])) == "InvalidPart"
    upload.complete([second])
    assert body_of(s3, bucket) == b"second"


def test_only_the_chosen_parts_are_taken(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    for number in (1, 2, 3):
        upload.send(number, b"%d" % number)
    upload.complete(upload.parts[1:2])
    assert body_of(s3, bucket) == b"2"


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("CRC32", "COMPOSITE"),
        ("CRC32", "FULL_OBJECT"),
        ("CRC32C", "FULL_OBJECT"),
        ("CRC64NVME", "FULL_OBJECT"),
        ("SHA1", "COMPOSITE"),
        ("SHA256", "COMPOSITE"),
    ],
)
def test_a_checksum_is_of_the_kind_that_was_asked_for(s3: Any, bucket: str, algorithm: str, kind: str) -> None:
    upload = InParts(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    upload.send(1, BIG, ChecksumAlgorithm=algorithm)
    upload.send(2, LAST, ChecksumAlgorithm=algorithm)

    answer = upload.complete()

    name = f"Checksum{algorithm}"
    found = s3.head_object(Bucket=bucket, Key="318", ChecksumMode="ENABLED")
    assert (found[name], found["ChecksumType"]) == (answer[name], kind) == (answer[name], answer["ChecksumType"])
    if kind == "FULL_OBJECT":
        s3.put_object(Bucket=bucket, Key="319", Body=BIG + LAST, ChecksumAlgorithm=algorithm)
        assert s3.head_object(Bucket=bucket, Key="319", ChecksumMode="ENABLED")[name] == found[name]
    else:
        assert found[name].endswith("-2")


def test_a_wrong_checksum_of_the_whole_leaves_the_upload_as_it_was(service: Service, s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket, ChecksumAlgorithm="SHA256")
    part = upload.send(1, LAST, ChecksumAlgorithm="SHA256")
    right = base64.b64encode(hashlib.sha256(base64.b64decode(part["ChecksumSHA256"])).digest()).decode() + "-1"

    assert code_of(lambda: upload.complete(ChecksumSHA256=f"{'A' * 43}=-1")) == "BadDigest"
    assert code_of(lambda: upload.complete(ChecksumType="FULL_OBJECT")) == "InvalidRequest"
    assert code_of(lambda: upload.complete(MpuObjectSize=len(LAST) + 1)) == "InvalidRequest"
    assert not is_stored(service, bucket)
    assert upload.complete(ChecksumSHA256=right, MpuObjectSize=len(LAST))["ChecksumSHA256"] == right


def test_a_part_has_the_algorithm_of_its_upload(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket, ChecksumAlgorithm="SHA256")
    assert code_of(lambda: upload.send(1, LAST, ChecksumAlgorithm="CRC32")) == "InvalidRequest"


def test_a_part_that_is_not_what_its_client_says_is_not_kept(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert code_of(lambda: upload.send(1, LAST, ContentMD5=wrong)) == "BadDigest"
    assert "Parts" not in upload.listed()


@pytest.mark.parametrize("number", [0, 10_001, -1])
def test_parts_are_numbered_from_one_to_ten_thousand(s3: Any, bucket: str, number: int) -> None:
    upload = InParts(s3, bucket)
    assert code_of(lambda: upload.send(number, LAST)) == "InvalidArgument"
    upload.send(10_000, LAST)


def test_what_cannot_be_completed_stays_an_upload(service: Service, s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    upload.send(1, LAST)
    upload.send(2, LAST)

    assert code_of(upload.complete) == "EntityTooSmall"
    assert code_of(lambda: upload.complete(upload.parts[::-1])) == "InvalidPartOrder"
    assert code_of(lambda: upload.complete([{"PartNumber": 3, "ETag": '"aa"'}])) == "InvalidPart"
    assert code_of(lambda: upload.complete([])) == "MalformedXML"
    assert not is_stored(service, bucket)
    upload.complete(upload.parts[:1])
    assert is_stored(service, bucket)


def test_a_client_that_missed_the_answer_may_ask_again(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    upload.send(1, LAST)
    answers = [upload.complete(IfNoneMatch="*") for _ in range(2)]
    assert answers[0]["ETag"] == answers[1]["ETag"]

    s3.put_object(Bucket=bucket, Key="318", Body=b"newer")
    assert code_of(upload.complete) == "NoSuchUpload"


def test_of_several_who_complete_at_once_all_get_the_object(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    upload.send(1, BIG)
    upload.send(2, LAST)
    with ThreadPoolExecutor(4) as pool:
        etags = {answer["ETag"] for answer in pool.map(lambda _: upload.complete(), range(4))}
    assert len(etags) == 1
    assert body_of(s3, bucket) == BIG + LAST


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response, "PATIENCE_S", 0)


@pytest.mark.usefixtures("impatient")
def test_an_object_that_takes_long_to_put_together_is_told_late(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    upload.send(1, LAST)
    answer = upload.complete()
    assert (answer["Key"], "content-length" in answer["ResponseMetadata"]["HTTPHeaders"]) == ("318", False)
    assert body_of(s3, bucket) == LAST


@pytest.mark.usefixtures("impatient")
def test_a_late_refusal_is_told_behind_a_200(service: Service, s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    upload.send(1, LAST)
    with pytest.raises(ClientError, match="InvalidPart") as caught:
        upload.complete([{"PartNumber": 2, "ETag": '"aa"'}])
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in {200, 500}  # botocore makes it one
    assert not is_stored(service, bucket)


@pytest.mark.usefixtures("impatient")
def test_a_part_that_takes_long_to_copy_is_told_late(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="source", Body=LAST)["ETag"]
    place = InParts(s3, bucket).place
    answer = s3.upload_part_copy(**place, PartNumber=1, CopySource=f"{bucket}/source")
    assert answer["CopyPartResult"]["ETag"] == etag
    assert "content-length" not in answer["ResponseMetadata"]["HTTPHeaders"]


def test_an_aborted_upload_is_gone(service: Service, s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    upload.send(1, LAST)
    upload.abort()

    for act in (upload.abort, upload.listed, upload.complete, lambda: upload.send(2, LAST)):
        assert code_of(act) == "NoSuchUpload"
    assert not is_stored(service, bucket)


def test_an_upload_is_of_its_key(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    upload.place["Key"] = "319"
    assert code_of(lambda: upload.send(1, LAST)) == "NoSuchUpload"


def test_an_upload_may_be_completed_on_a_condition(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="318", Body=b"there")["ETag"]
    upload = InParts(s3, bucket)
    upload.send(1, LAST)

    assert code_of(lambda: upload.complete(IfNoneMatch="*")) == "PreconditionFailed"
    assert code_of(lambda: upload.complete(IfMatch='"other"')) == "PreconditionFailed"
    assert body_of(s3, bucket) == b"there"
    upload.complete(IfMatch=etag)
    assert body_of(s3, bucket) == LAST


def test_parts_may_be_copied(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a source?", Body=BIG)
    upload = InParts(s3, bucket)
    source = {"Bucket": bucket, "Key": "a source?"}
    upload.copy(1, source)
    upload.copy(2, source, CopySourceRange="bytes=1-3")
    upload.complete()
    assert body_of(s3, bucket) == BIG + BIG[1:4]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("0-2", "InvalidArgument"),
        ("bytes=0", "InvalidArgument"),
        ("bytes=-2", "InvalidArgument"),
        ("bytes=2-", "InvalidArgument"),
        ("bytes=2-1", "InvalidArgument"),
        ("bytes=0-1,2-3", "InvalidArgument"),
        ("bytes=0-5", "InvalidRange"),
    ],
)
def test_a_range_to_copy_lies_within_its_source(s3: Any, bucket: str, wanted: str, code: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"12345")
    upload = InParts(s3, bucket)
    assert code_of(lambda: upload.copy(1, f"{bucket}/source", CopySourceRange=wanted)) == code


def test_a_part_may_be_copied_on_a_condition(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="source", Body=b"12345")["ETag"]
    upload = InParts(s3, bucket)
    assert code_of(lambda: upload.copy(1, f"{bucket}/source", CopySourceIfMatch="other")) == "PreconditionFailed"
    assert code_of(lambda: upload.copy(1, f"{bucket}/nothing")) == "NoSuchKey"
    assert upload.copy(1, f"{bucket}/source", CopySourceIfMatch=etag)["ETag"] == etag


def test_parts_are_listed_in_pages(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket, ChecksumAlgorithm="SHA256")
    for number in (9, 1, 5):
        upload.send(number, b"%d" % number, ChecksumAlgorithm="SHA256")

    first = upload.listed(MaxParts=2)
    second = upload.listed(MaxParts=2, PartNumberMarker=first["NextPartNumberMarker"])

    assert [part["PartNumber"] for page in (first, second) for part in page["Parts"]] == [1, 5, 9]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    told = {(part["PartNumber"], part["ETag"], part["ChecksumSHA256"]) for part in first["Parts"] + second["Parts"]}
    assert told == {(part["PartNumber"], part["ETag"], part["ChecksumSHA256"]) for part in upload.parts}
    assert (first["ChecksumAlgorithm"], first["ChecksumType"]) == ("SHA256", "COMPOSITE")
    assert first["Owner"]["ID"] == first["Initiator"]["ID"]


def test_uploads_are_listed_in_pages(s3: Any, bucket: str) -> None:
    uploads = [InParts(s3, bucket, key).place for key in ("b", "a", "b", "c é/1", "c é/2")]
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})

    listed = [(each["Key"], each["UploadId"]) for page in pages for each in page["Uploads"]]

    assert sorted(listed) == sorted((place["Key"], place["UploadId"]) for place in uploads)
    assert [key for key, _ in listed] == ["a", "b", "b", "c é/1", "c é/2"]
    grouped = s3.list_multipart_uploads(Bucket=bucket, Prefix="c", Delimiter="/")
    assert grouped["CommonPrefixes"] == [{"Prefix": "c é/"}]
    assert "Uploads" not in grouped


def test_a_bucket_can_be_deleted_while_something_is_uploaded_to_it(s3: Any, bucket: str) -> None:
    upload = InParts(s3, bucket)
    upload.send(1, LAST)
    s3.delete_bucket(Bucket=bucket)
    assert code_of(lambda: upload.send(2, LAST)) == "NoSuchBucket"


def test_an_upload_to_a_bucket_that_is_not_there_is_refused(s3: Any) -> None:
    assert code_of(lambda: InParts(s3, "nowhere")) == "NoSuchBucket"
    assert code_of(lambda: s3.list_multipart_uploads(Bucket="nowhere")) == "NoSuchBucket"
