"""A browser's form upload, with forms as boto3 makes them and some that nobody should send."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import requests
from defusedxml import ElementTree

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from tests.conformance.conftest import Service, is_stored, serving
from tests.conformance.signing import ACCESS_KEY_ID, SECRET

Fields = dict[str, str]
BODY = b"bar"
BOUNDARY = "a-boundary"


def form(
    s3: Any,
    bucket: str,
    fields: Fields | None = None,
    *,
    key: str = "318",
    conditions: Sequence[object] = (),
) -> Fields:
    """Return the fields of a signed form: `fields` with a condition for each, and what else its policy demands."""
    each = [{name: value} for name, value in (fields or {}).items()]
    made = s3.generate_presigned_post(bucket, key, Fields=fields, Conditions=[*each, *conditions])
    return dict(made["fields"])


def post(service: Service, bucket: str, fields: Fields, body: bytes = BODY, name: str = "f.txt") -> requests.Response:
    return requests.post(
        f"{service.url}/{bucket}", data=fields, files={"file": (name, body)}, timeout=10, allow_redirects=False
    )


def code_of(answer: requests.Response) -> str | None:
    return ElementTree.fromstring(answer.content).findtext("Code") if answer.status_code >= 400 else None


def test_a_form_that_boto3_signed_stores_its_object(service: Service, s3: Any, bucket: str) -> None:
    answer = post(service, bucket, form(s3, bucket))

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Location"] == f"{service.url}/{bucket}/318"
    found = s3.get_object(Bucket=bucket, Key="318")
    assert found["Body"].read() == BODY
    assert found["ETag"] == answer.headers["ETag"] == f'"{hashlib.md5(BODY).hexdigest()}"'


def test_an_object_larger_than_memory_should_hold_arrives_whole(service: Service, s3: Any, bucket: str) -> None:
    body = bytes(range(256)) * 4096 * 3
    assert post(service, bucket, form(s3, bucket), body).status_code == 204
    assert s3.get_object(Bucket=bucket, Key="318")["Body"].read() == body


def test_an_empty_object_may_be_posted(service: Service, s3: Any, bucket: str) -> None:
    assert post(service, bucket, form(s3, bucket), b"").status_code == 204
    assert s3.head_object(Bucket=bucket, Key="318")["ContentLength"] == 0


def test_what_a_form_says_of_its_object_is_kept(service: Service, s3: Any, bucket: str) -> None:
    tagging = "<Tagging><TagSet><Tag><Key>reader</Key><Value>Ånn</Value></Tag></TagSet></Tagging>"
    fields = form(
        s3,
        bucket,
        {
            "Content-Type": "text/plain",
            "Cache-Control": "no-store",
            "x-amz-meta-note": "n",
            "acl": "private",
            "tagging": tagging,
        },
    )

    assert post(service, bucket, fields).status_code == 204

    found = s3.head_object(Bucket=bucket, Key="318")
    assert (found["ContentType"], found["CacheControl"], found["Metadata"]) == ("text/plain", "no-store", {"note": "n"})
    assert service.store.head(bucket, "318").tags == (("reader", "Ånn"),)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["x-amz-meta-note", "Cache-Control", "Content-Type"])
@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\x00b"])
def test_a_form_can_not_put_lines_into_later_answers(
    service: Service, s3: Any, bucket: str, name: str, value: str
) -> None:
    answer = post(service, bucket, form(s3, bucket, {name: value}))
    assert code_of(answer) == "InvalidArgument"
    assert not is_stored(service, bucket)


def test_the_files_name_stands_for_the_variable(service: Service, s3: Any, bucket: str) -> None:
    fields = form(s3, bucket, key="user/${filename}")
    assert post(service, bucket, fields, name="C:\\pictures\\é.png").status_code == 204
    assert is_stored(service, bucket, "user/é.png")


def test_the_policy_is_held_against_the_files_name(service: Service, s3: Any, bucket: str) -> None:
    fields = form(s3, bucket, key="${filename}", conditions=[["starts-with", "$key", "user/"]])
    assert code_of(post(service, bucket, fields)) == "AccessDenied"
    assert not is_stored(service, bucket, "f.txt")


@pytest.mark.parametrize(("said", "status"), [("200", 200), ("201", 201), ("204", 204), ("404", 204)])
def test_the_form_chooses_its_status(service: Service, s3: Any, bucket: str, said: str, status: int) -> None:
    fields = form(s3, bucket, {"success_action_status": said}, key="318")
    assert post(service, bucket, fields).status_code == status


def test_a_201_says_where_the_object_is(service: Service, s3: Any, bucket: str) -> None:
    fields = form(s3, bucket, {"success_action_status": "201"}, key="a b")
    told = ElementTree.fromstring(post(service, bucket, fields).content)
    assert {node.tag: node.text for node in told} == {
        "Location": f"{service.url}/{bucket}/a%20b",
        "Bucket": bucket,
        "Key": "a b",
        "ETag": f'"{hashlib.md5(BODY).hexdigest()}"',
    }


@pytest.mark.parametrize(("address", "status"), [("http://x/done?a=1", 303), ("javascript:1", 204), ("http://[", 204)])
def test_a_browser_is_sent_on_where_the_form_says(
    service: Service, s3: Any, bucket: str, address: str, status: int
) -> None:
    fields = form(s3, bucket, {"success_action_redirect": address}, key="318")
    answer = post(service, bucket, fields)
    assert answer.status_code == status
    if status == 303:
        etag = hashlib.md5(BODY).hexdigest()
        assert answer.headers["Location"] == f"{address}&bucket={bucket}&key=318&etag=%22{etag}%22"


def test_a_checksum_in_the_form_is_checked(service: Service, s3: Any, bucket: str) -> None:
    right, wrong = (base64.b64encode(hashlib.sha256(body).digest()).decode() for body in (BODY, b"other"))

    assert code_of(post(service, bucket, form(s3, bucket, {"x-amz-checksum-sha256": wrong}))) == "BadDigest"
    assert not is_stored(service, bucket)
    assert post(service, bucket, form(s3, bucket, {"x-amz-checksum-sha256": right})).status_code == 204
    assert s3.head_object(Bucket=bucket, Key="318", ChecksumMode="ENABLED")["ChecksumSHA256"] == right


@pytest.mark.parametrize(("size", "code"), [(2, "EntityTooSmall"), (3, None), (5, None), (6, "EntityTooLarge")])
def test_the_policy_bounds_the_object(service: Service, s3: Any, bucket: str, size: int, code: str | None) -> None:
    fields = form(s3, bucket, conditions=[["content-length-range", 3, 5]])
    assert code_of(post(service, bucket, fields, b"x" * size)) == code
    assert is_stored(service, bucket) is (code is None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"policy": base64.b64encode(b"{}").decode()}, "SignatureDoesNotMatch"),
        ({"x-amz-signature": "0" * 64}, "SignatureDoesNotMatch"),
        ({"x-amz-credential": "KEY/20260101/eu/s3/aws4_request"}, "InvalidArgument"),
        ({"x-amz-credential": "KEY"}, "InvalidArgument"),
        ({"x-amz-date": "today"}, "InvalidArgument"),
        ({"x-amz-algorithm": "AWS4-HMAC-SHA1"}, "InvalidArgument"),
        ({"x-amz-signature": ""}, "InvalidArgument"),
        ({"key": "319"}, "AccessDenied"),
        ({"key": ""}, "InvalidArgument"),
        ({"acl": "public-read"}, "AccessDenied"),
        ({"signature": "x", "AWSAccessKeyId": "y"}, "InvalidRequest"),
    ],
)
def test_a_form_that_was_not_signed_so_is_refused(
    service: Service, s3: Any, bucket: str, change: Fields, code: str
) -> None:
    assert code_of(post(service, bucket, {**form(s3, bucket), **change})) == code
    assert not is_stored(service, bucket)


def test_a_form_for_one_bucket_does_for_no_other(service: Service, s3: Any, bucket: str) -> None:
    assert code_of(post(service, bucket, form(s3, "another"))) == "AccessDenied"


def test_a_key_nobody_knows_is_refused(service: Service, s3: Any, bucket: str) -> None:
    fields = form(s3, bucket)
    fields["x-amz-credential"] = f"STRANGER/{fields['x-amz-credential'].partition('/')[2]}"
    assert code_of(post(service, bucket, fields)) == "InvalidAccessKeyId"


def test_a_key_that_may_only_read_signs_no_form(service: Service, s3: Any, bucket: str) -> None:
    keyring = Keyring({ACCESS_KEY_ID: SECRET}, read_only=frozenset({ACCESS_KEY_ID}))
    with serving(S3Service(service.store, keyring, SystemClock())) as authority:
        reading = replace(service, url=f"http://{authority}")
        assert code_of(post(reading, bucket, form(s3, bucket))) == "AccessDenied"
    assert not is_stored(service, bucket)


def test_an_unsigned_form_is_anonymous(service: Service, bucket: str) -> None:
    assert code_of(post(service, bucket, {"key": "318"})) == "AccessDenied"


def test_a_form_for_a_bucket_that_is_not_there_is_refused(service: Service, s3: Any) -> None:
    assert code_of(post(service, "nowhere", form(s3, "nowhere"))) == "NoSuchBucket"


def test_a_public_object_is_not_to_be_had(service: Service, s3: Any, bucket: str) -> None:
    assert code_of(post(service, bucket, form(s3, bucket, {"acl": "public-read"}))) == "AccessControlListNotSupported"


def multipart(*parts: tuple[str, bytes]) -> bytes:
    start = b"".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode() + body + b"\r\n"
        for name, body in parts
    )
    return start + f"--{BOUNDARY}--\r\n".encode()


def post_raw(service: Service, bucket: str, body: bytes, kind: str = "multipart/form-data") -> str | None:
    headers = {"Content-Type": f"{kind}; boundary={BOUNDARY}"}
    return code_of(requests.post(f"{service.url}/{bucket}", data=body, headers=headers, timeout=10))


FILE = ('name="file"; filename="f"', BODY)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (multipart(('name="key"', b"a")), "IncorrectNumberOfFilesInPostRequest"),
        (multipart(('name="key"', b"x" * 20_001), FILE), "MaxPostPreDataLengthExceeded"),
        (multipart((f'name="key"; x="{"y" * 20_001}"', b"a"), FILE), "MalformedPOSTRequest"),
        (multipart(FILE, (f'name="after"; x="{"y" * 20_001}"', b"a")), "MalformedPOSTRequest"),
        (multipart(('name="key"', b"\xff"), FILE), "MalformedPOSTRequest"),
        (multipart(("", b"a"), FILE), "MalformedPOSTRequest"),
        (b"no form", "MalformedPOSTRequest"),
        (b"", "MalformedPOSTRequest"),
        (b"--" + BOUNDARY.encode() + b"\r\nno colon\r\n\r\n", "MalformedPOSTRequest"),
    ],
)
def test_a_body_that_is_no_form_is_refused(service: Service, bucket: str, body: bytes, code: str) -> None:
    assert post_raw(service, bucket, body) == code


def test_a_body_of_another_type_is_refused(service: Service, bucket: str) -> None:
    assert post_raw(service, bucket, multipart(FILE), "application/json") == "RequestIsNotMultiPartContent"
    assert code_of(requests.post(f"{service.url}/{bucket}", timeout=10)) == "RequestIsNotMultiPartContent"


def signed_parts(s3: Any, bucket: str) -> list[tuple[str, bytes]]:
    return [(f'name="{name}"', value.encode()) for name, value in form(s3, bucket).items()]


def test_a_form_that_ends_in_its_object_stores_nothing(service: Service, s3: Any, bucket: str) -> None:
    cut = multipart(*signed_parts(s3, bucket), FILE).removesuffix(f"--{BOUNDARY}--\r\n".encode())
    assert post_raw(service, bucket, cut) == "MalformedPOSTRequest"
    assert not is_stored(service, bucket)


def test_a_form_with_two_objects_stores_neither(service: Service, s3: Any, bucket: str) -> None:
    parts = [*signed_parts(s3, bucket), FILE, FILE]
    assert post_raw(service, bucket, multipart(*parts)) == "IncorrectNumberOfFilesInPostRequest"
    assert not is_stored(service, bucket)


def test_fields_after_the_object_do_not_count(service: Service, s3: Any, bucket: str) -> None:
    parts = [*signed_parts(s3, bucket), FILE, ('name="acl"', b"public-read"), ('name="submit"', b"x" * 30_000)]
    assert post_raw(service, bucket, multipart(*parts)) is None
    assert is_stored(service, bucket)


def test_a_field_that_comes_twice_is_seen_whole_by_the_policy(service: Service, s3: Any, bucket: str) -> None:
    parts = [*signed_parts(s3, bucket), ('name="key"', b"other"), FILE]
    assert post_raw(service, bucket, multipart(*parts)) == "AccessDenied"
