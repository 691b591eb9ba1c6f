"""What Label Studio's client asks for, and the traps it would fall into."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.conformance.conftest import Service
from tests.conformance.signing import presign, sha256, sign
from tests.conformance.wire import Wire, call

ANNOTATION = json.dumps({"id": 318, "result": [{"value": {"choices": ["été"]}}], "pad": "x" * 2900}).encode()


def put(s3: Any, bucket: str, key: str, body: bytes = ANNOTATION, **more: Any) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=body, **more)


def read(s3: Any, bucket: str, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def test_validating_with_a_prefix_counts_keys(either_s3: Any, bucket: str) -> None:
    empty = either_s3.list_objects_v2(Bucket=bucket, Prefix="out", MaxKeys=1)
    put(either_s3, bucket, "out/1")
    put(either_s3, bucket, "out/2")
    one = either_s3.list_objects_v2(Bucket=bucket, Prefix="out", MaxKeys=1)

    assert empty["KeyCount"] == 0
    assert one["KeyCount"] == 1
    assert one["IsTruncated"]


def test_validating_without_a_prefix_finds_the_bucket(either_s3: Any, bucket: str) -> None:
    assert either_s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200
    with pytest.raises(ClientError, match="404"):
        either_s3.head_bucket(Bucket="not-there")


@pytest.mark.parametrize("key", ["out//318", "out/a b+c", "out/é", "out/%20", "/318", "out/./318", "out/318/", "?#&="])
def test_an_annotation_comes_back_under_the_very_key_it_was_put(either_s3: Any, bucket: str, key: str) -> None:
    put(either_s3, bucket, key)

    assert read(either_s3, bucket, key) == ANNOTATION
    [listed] = either_s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert listed["Key"] == key


def test_a_save_that_asks_for_it_is_stored_with_encryption_headers(either_s3: Any, bucket: str) -> None:
    put(either_s3, bucket, "318", ServerSideEncryption="AES256")
    put(either_s3, bucket, "319", ServerSideEncryption="aws:kms", SSEKMSKeyId="arn:aws:kms:eu:1:key/2")

    assert read(either_s3, bucket, "319") == ANNOTATION


def test_a_deleted_annotation_is_gone_and_deleting_it_again_is_no_error(either_s3: Any, bucket: str) -> None:
    put(either_s3, bucket, "out/318")

    for _ in range(2):
        answer = either_s3.delete_object(Bucket=bucket, Key="out/318")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "Contents" not in either_s3.list_objects(Bucket=bucket)


def test_a_body_in_chunks_over_tls_leaves_no_trace_of_its_coding(s3_over_tls: Any, bucket: str) -> None:
    sent: list[Any] = []
    s3_over_tls.meta.events.register_last("before-send.s3.PutObject", lambda request, **_: sent.append(request.headers))

    put(s3_over_tls, bucket, "318", ContentEncoding="identity")

    assert sent[-1]["X-Amz-Content-SHA256"] == b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert "Content-Length" not in sent[-1]
    found = s3_over_tls.get_object(Bucket=bucket, Key="318")
    assert found["Body"].read() == ANNOTATION
    assert found["ContentEncoding"] == "identity"
    put(s3_over_tls, bucket, "319")
    assert "ContentEncoding" not in s3_over_tls.head_object(Bucket=bucket, Key="319")


def test_an_annotation_put_in_chunks_keeps_the_connection(s3_over_tls: Any, bucket: str) -> None:
    for number in range(5):
        answer = s3_over_tls.put_object(Bucket=bucket, Key=str(number), Body=ANNOTATION)
        assert "connection" not in answer["ResponseMetadata"]["HTTPHeaders"]


def test_100_continue_comes_before_the_first_byte_of_the_body(service: Service, bucket: str) -> None:
    target = f"/{bucket}/318"
    length = {"Content-Length": str(len(ANNOTATION)), "Expect": "100-continue"}
    with Wire(service.url) as wire:
        wire.send_head("PUT", target, sign("PUT", service.url + target, length, payload_sha256=sha256(ANNOTATION)))
        assert wire.read_head().status == 100  # nothing of the body has been sent: one round trip, no waiting
        wire.send(ANNOTATION)
        answer = wire.read_head()

    assert answer.status == 200
    assert "connection" not in answer.headers


def test_a_refused_body_is_refused_before_it_is_sent(service: Service, bucket: str) -> None:
    target = f"/{bucket}/318"
    headers = {"Content-Length": str(len(ANNOTATION)), "Expect": "100-continue"}
    wrong = sign("PUT", service.url + target, headers, keys=("LABELSTUDIO", "wrong"))
    with Wire(service.url) as wire:
        wire.send_head("PUT", target, wrong)
        answer = wire.read()
        after = wire.read_end()

    assert answer.status == 403
    assert answer.headers["connection"] == "close"
    assert after == b""


def test_a_small_body_that_is_already_on_its_way_does_not_cost_its_refusal(service: Service, bucket: str) -> None:
    for _ in range(20):
        answer = call(service.url, "PUT", "/not-there/318", body=ANNOTATION * 20)
        assert answer.code == "NoSuchBucket"


def test_a_part_carries_no_checksum_of_the_whole(either_s3: Any, bucket: str) -> None:
    put(either_s3, bucket, "318")

    whole = either_s3.get_object(Bucket=bucket, Key="318", ChecksumMode="ENABLED")
    part = either_s3.get_object(Bucket=bucket, Key="318", ChecksumMode="ENABLED", Range="bytes=0-99")

    assert whole["Body"].read() == ANNOTATION
    assert whole["ChecksumCRC32"]
    assert part["Body"].read() == ANNOTATION[:100]
    assert part["ContentRange"] == f"bytes 0-99/{len(ANNOTATION)}"
    assert not any("checksum" in name for name in part["ResponseMetadata"]["HTTPHeaders"])


def test_scanning_a_source_the_old_way_finds_every_key_once(either_s3: Any, bucket: str) -> None:
    keys = ["a b", "a/1", "a/2", "a/é", "b", "b/<&>", "c/\x01", "c/d/e"]
    for key in keys:
        put(either_s3, bucket, key, b"{}")

    pages = either_s3.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": 3})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == sorted(keys)
    pages = either_s3.get_paginator("list_objects").paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 2}
    )
    listed = list(pages)
    assert [entry["Key"] for page in listed for entry in page.get("Contents", [])] == ["a b", "b"]
    prefixes = [entry["Prefix"] for page in listed for entry in page.get("CommonPrefixes", [])]
    assert prefixes == ["a/", "b/", "c/"]


BROWSER = {"Origin": "https://label-studio.example.com"}


@pytest.fixture
def fetch(service: Service) -> Callable[..., Any]:
    """Fetch as an annotator's browser does: presigned, from another origin."""

    def fetch(target: str, headers: dict[str, str] | None = None, method: str = "GET") -> Any:
        url = presign(method, service.url + target)
        with Wire(service.url) as wire:
            wire.send_head(
                method, url.removeprefix(service.url), {"Host": url.split("/")[2], **BROWSER, **(headers or {})}
            )
            return wire.read(to=method)

    return fetch


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Range": "bytes=0-3"}, 206),
        ({"If-Modified-Since": "Wed, 01 Jan 2098 00:00:00 GMT"}, 304),
        ({"If-Match": '"other"'}, 412),
        ({"Range": "bytes=99999-"}, 416),
    ],
)
def test_a_browser_of_another_origin_may_read_every_answer(
    s3: Any, bucket: str, fetch: Callable[..., Any], headers: dict[str, str], status: int
) -> None:
    put(s3, bucket, "image.png")

    answer = fetch(f"/{bucket}/image.png", headers)

    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_browser_of_another_origin_may_read_that_nothing_is_there(bucket: str, fetch: Callable[..., Any]) -> None:
    answer = fetch(f"/{bucket}/missing.png")

    assert answer.status == 404
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_presigned_url_says_which_type_the_answer_has(s3: Any, bucket: str, fetch: Callable[..., Any]) -> None:
    put(s3, bucket, "image", b"\x89PNG")

    answer = fetch(f"/{bucket}/image?response-content-type=image%2Fpng")

    assert answer.headers["content-type"] == "image/png"
    assert answer.body == b"\x89PNG"


def test_a_presigned_url_can_not_break_out_of_a_header(s3: Any, bucket: str, fetch: Callable[..., Any]) -> None:
    put(s3, bucket, "image", b"\x89PNG")

    answer = fetch(f"/{bucket}/image?response-content-type=a%0D%0AX-Evil%3A%201")

    assert answer.code == "InvalidArgument"
    assert "x-evil" not in answer.headers


def test_a_browser_may_ask_first(service: Service, bucket: str) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range,if-none-match"}
    with Wire(service.url) as wire:
        wire.send_head("OPTIONS", f"/{bucket}/image.png", {"Host": "x", **BROWSER, **asked})
        answer = wire.read()
        wire.send_head("OPTIONS", f"/{bucket}/x", {"Host": "x", **BROWSER, "Access-Control-Request-Method": "DELETE"})
        refused = wire.read()

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "range,if-none-match"
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert refused.status == 403


def test_boto3_presigns_what_anyone_can_read_and_write(s3: Any, bucket: str) -> None:
    target = {"Bucket": bucket, "Key": "presigned é"}
    with urlopen(Request(s3.generate_presigned_url("put_object", target), b"body", method="PUT")) as answer:
        assert answer.status == 200
    with urlopen(s3.generate_presigned_url("get_object", target)) as answer:
        assert answer.read() == b"body"
