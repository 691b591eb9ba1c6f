"""Keys, paths and queries out of the ordinary: a clear refusal, or kept as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.conftest import Service
from tests.conformance.signing import KEYS, sign
from tests.conformance.wire import Wire, call


@pytest.mark.parametrize(
    "target",
    [
        "../x",
        "..%2Fx",
        "%2e%2e/%2e%2e/%2e%2e/x",
        "a/../../../x",
        "/etc/x",
        "%00",
        "a%00b",
        "a%0Ab",
        ".",
        "..",
        "%C3%A9",
    ],
)
def test_no_key_leaves_its_bucket(service: Service, bucket: str, target: str) -> None:
    def outside() -> set[Path]:
        hidden, own = service.folder / ".dvc-sync-s3", service.folder / bucket
        found = [path for path in service.folder.parent.rglob("*") if path.is_file()]
        return {path for path in found if not path.is_relative_to(hidden) and not path.is_relative_to(own)}

    service.store.publish()
    before = outside()
    assert call(service.url, "PUT", f"/{bucket}/{target}", body=b"kept").status == 200
    service.store.publish()

    assert call(service.url, "GET", f"/{bucket}/{target}").body == b"kept"
    assert outside() == before


def test_a_key_may_have_1024_bytes_and_no_more(service: Service, bucket: str) -> None:
    longest = "%C3%A9" * 512

    assert call(service.url, "PUT", f"/{bucket}/{longest}", body=b"x").status == 200
    refused = call(service.url, "PUT", f"/{bucket}/{longest}a", body=b"x")
    assert (refused.status, refused.code) == (400, "KeyTooLongError")


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/{bucket}/%FF%FE", 400, "InvalidURI"),
        ("/{bucket}/a?prefix=%FF", 400, "InvalidURI"),
        ("/not-there/318", 404, "NoSuchBucket"),
        ("/..%2F..%2Fetc/passwd", 404, "NoSuchBucket"),
        ("/..%2F..%2Fetc?list-type=2", 404, "NoSuchBucket"),
        ("/{bucket}/not%00there", 404, "NoSuchKey"),
        ("/{bucket}/a?versionId=3L4kqtJlcpXroDTDmJ", 404, "NoSuchVersion"),
        ("/{bucket}?list-type=2&max-keys=-1", 400, "InvalidArgument"),
        ("/{bucket}?list-type=2&max-keys=abc", 400, "InvalidArgument"),
        ("/{bucket}?max-keys=99999999999999999999", 400, "InvalidArgument"),
        ("/{bucket}?max-keys=%C2%B2", 400, "InvalidArgument"),
        ("/{bucket}?encoding-type=base64", 400, "InvalidArgument"),
        ("/{bucket}?list-type=2&continuation-token=%21%21", 400, "InvalidArgument"),
        ("/{bucket}?list-type=2&continuation-token=%C3%A9", 400, "InvalidArgument"),
        ("/{bucket}?list-type=2&continuation-token=_w%3D%3D", 400, "InvalidArgument"),
    ],
)
def test_a_malformed_request_is_refused_by_its_name(
    service: Service, bucket: str, target: str, status: int, code: str
) -> None:
    answer = call(service.url, "GET", target.format(bucket=bucket))

    assert (answer.status, answer.code) == (status, code)
    assert answer.message


@pytest.mark.parametrize("query", ["&", "=", "&&a&=b", "list-type=2&list-type=1", "%", "%zz", "a=%"])
def test_a_sloppy_query_is_no_catastrophe(service: Service, bucket: str, query: str) -> None:
    with Wire(service.url) as wire:
        wire.send_head("GET", f"/{bucket}?{query}", sign("GET", f"{service.url}/{bucket}?{query}"))
        assert wire.read().status in {200, 403}


def test_bytes_that_no_url_may_have_are_refused(service: Service, bucket: str) -> None:
    with Wire(service.url) as wire:
        wire.send(b"GET /%b/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n" % bucket.encode())
        assert wire.read_head().status == 400


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND"])
def test_a_method_s3_does_not_know_is_refused(service: Service, bucket: str, method: str) -> None:
    answer = call(service.url, method, f"/{bucket}/318")

    assert (answer.status, answer.code) == (405, "MethodNotAllowed")


def test_nothing_is_told_to_the_wrong_key(service: Service, bucket: str) -> None:
    call(service.url, "PUT", f"/{bucket}/318", body=b"secret body")
    url = f"{service.url}/{bucket}/318"
    for keys in ((KEYS[0], "wrong"), ("nobody", KEYS[1])):
        with Wire(service.url) as wire:
            wire.send_head("GET", f"/{bucket}/318", sign("GET", url, keys=keys))
            answer = wire.read()
        assert answer.status == 403
        assert b"secret body" not in answer.body
        assert KEYS[1].encode() not in answer.body
