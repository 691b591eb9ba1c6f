"""What a presigned address says in its query counts as if a header said it."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.conformance.conftest import Service, is_stored
from tests.conformance.signing import presign, sha256
from tests.conformance.wire import Answer, call


def ask(method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """Send what a holder of the address can: no signature of its own."""
    place = urlsplit(url)
    connection = HTTPConnection(place.netloc, timeout=20)
    connection.request(method, f"{place.path}?{place.query}", body, headers or {})
    answer = connection.getresponse()
    told = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return told


def presigned(service: Service, method: str, path: str, **query: str) -> str:
    names = {name.replace("_", "-"): value for name, value in query.items()}
    return presign(method, f"{service.url}{path}?{urlencode(names)}")


def test_a_write_keeps_what_its_query_says(service: Service, s3: Any, bucket: str) -> None:
    said = {
        "x_amz_meta_who": "Zoë",
        "X_Amz_Meta_Team": "a b",
        "x_amz_tagging": "done=yes",
        "x_amz_storage_class": "GLACIER",
    }

    assert ask("PUT", presigned(service, "PUT", f"/{bucket}/318", **said), b"body").status == 200

    told = call(service.url, "HEAD", f"/{bucket}/318").headers
    assert (told["x-amz-meta-who"], told["x-amz-meta-team"]) == ("=?UTF-8?B?Wm/Dqw==?=", "a b")
    assert told["x-amz-storage-class"] == "GLACIER"
    assert s3.get_object_tagging(Bucket=bucket, Key="318")["TagSet"] == [{"Key": "done", "Value": "yes"}]


def test_a_copy_copies(service: Service, bucket: str) -> None:
    call(service.url, "PUT", f"/{bucket}/from", {"x-amz-meta-who": "bob"}, b"body")
    source = f"{bucket}/from"

    copied = ask("PUT", presigned(service, "PUT", f"/{bucket}/to", x_amz_copy_source=source))
    said = {"x_amz_metadata_directive": "REPLACE", "x_amz_meta_who": "eve"}
    replaced = ask("PUT", presigned(service, "PUT", f"/{bucket}/anew", x_amz_copy_source=source, **said))

    assert (copied.status, replaced.status) == (200, 200)
    for key, who in (("to", "bob"), ("anew", "eve")):
        found = call(service.url, "GET", f"/{bucket}/{key}")
        assert (found.body, found.headers["x-amz-meta-who"]) == (b"body", who)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"x_amz_checksum_crc32": "AAAAAA=="}, "BadDigest"),
        ({"x_amz_acl": "nonsense"}, "InvalidArgument"),
        ({"x_amz_server_side_encryption": "nonsense"}, "InvalidArgument"),
        ({"x_amz_meta_who": "a\r\nb"}, "InvalidArgument"),
        ({"x_amz_meta_a b": "c"}, "InvalidArgument"),
        ({"x_amz_object_lock_mode": "GOVERNANCE"}, "InvalidRequest"),
        ({"X_Amz_Content_Sha256": sha256(b"another")}, "XAmzContentSHA256Mismatch"),
    ],
)
def test_what_cannot_be_met_is_refused(service: Service, bucket: str, said: dict[str, str], code: str) -> None:
    assert ask("PUT", presigned(service, "PUT", f"/{bucket}/318", **said), b"body").code == code
    assert not is_stored(service, bucket)


def test_a_read_tells_the_checksum_that_its_query_asks_for(service: Service, bucket: str) -> None:
    call(service.url, "PUT", f"/{bucket}/318", body=b"body")

    answer = ask("GET", presigned(service, "GET", f"/{bucket}/318", x_amz_checksum_mode="ENABLED"))

    assert "x-amz-checksum-crc64nvme" in answer.headers


def test_a_holder_cannot_add_to_what_was_signed(service: Service, bucket: str) -> None:
    url = presigned(service, "PUT", f"/{bucket}/318", x_amz_meta_who="bob")

    assert ask("PUT", f"{url}&x-amz-meta-team=b", b"body").code == "SignatureDoesNotMatch"
    assert ask("PUT", url, b"body", {"x-amz-meta-who": "eve"}).code == "AccessDenied"
    assert not is_stored(service, bucket)


def test_a_hash_in_a_header_is_checked(service: Service, bucket: str) -> None:
    url = presigned(service, "PUT", f"/{bucket}/318")
    said = {"x-amz-content-sha256": sha256(b"body")}

    assert ask("PUT", url, b"b0dy", said).code == "XAmzContentSHA256Mismatch"
    assert ask("PUT", url, b"body", said).status == 200
