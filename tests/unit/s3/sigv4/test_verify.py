"""Whose request it is, and AWS's own code for each way in which it isn't theirs."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import S3Request
from dvc_sync_s3.s3.sigv4 import verify as verify_module
from dvc_sync_s3.s3.sigv4.canonical import canonical_request, request_signer
from dvc_sync_s3.s3.sigv4.verify import Keyring, verify
from tests.conformance.signing import ACCESS_KEY_ID, KEYS, SECRET, presign, sign
from tests.unit.s3.asgi import request_of

KEYRING = Keyring({ACCESS_KEY_ID: SECRET})
URL = "http://127.0.0.1:8000/annotations/out/318?list-type=2&prefix=a%20b"
MINUTE = timedelta(minutes=1)


def now() -> datetime:
    return datetime.now(UTC)


def code_of(request: S3Request, at: datetime | None = None) -> str:
    with pytest.raises(S3Error) as caught:
        verify(request, KEYRING, at or now())
    return caught.value.code


def holds(request: S3Request, at: datetime | None = None) -> bool:
    return verify(request, KEYRING, at or now()).credential.access_key_id == ACCESS_KEY_ID


def by_header(method: str = "GET", url: str = URL, **headers: str) -> dict[str, str]:
    return sign(method, url, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    "path", ["/b/a b", "/b/a%20b", "/b/a+b", "/b/é", "/b/a//b", "/b/./..", "/b/~-._!$&'()*,;=:@", "/", "/b/%25"]
)
def test_what_botocore_signs_holds_by_header_and_by_query(path: str) -> None:
    url = "http://127.0.0.1:8000" + path.replace(" ", "%20").replace("é", "%C3%A9")

    assert holds(request_of("GET", url, by_header(url=url)))
    assert holds(request_of("GET", presign("GET", url)))


@pytest.mark.parametrize("value", ["a  b", " a ", "é", "日本", 'a;"b"', "a,b"])
def test_a_signed_header_may_hold_anything(value: str) -> None:
    headers = by_header(x_amz_meta_note=value.strip())

    assert holds(request_of("GET", URL, headers))


@pytest.mark.parametrize("letter", ["0", "z"])
def test_a_signature_that_is_long_enough_and_wrong_is_refused(letter: str) -> None:
    headers = by_header()
    begin, _, signature = headers["Authorization"].rpartition("=")
    headers["Authorization"] = f"{begin}={letter * len(signature)}"

    assert code_of(request_of("GET", URL, headers)) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("name", ["x-amz-meta-50%", "x-amz-meta-%s", "x-amz-meta-{}"])
def test_a_signed_header_may_be_called_anything(name: str) -> None:
    assert holds(request_of("GET", URL, by_header(**{name: "v"})))


def test_a_signed_header_that_did_not_come_is_an_empty_one() -> None:
    canonical = canonical_request("GET", b"/b/k", (), {"host": "h"}, ("host", "x-amz-meta-note"), "UNSIGNED-PAYLOAD")

    assert canonical.split("\n")[3:6] == ["host:h", "x-amz-meta-note:", ""]


def test_what_signs_does_not_show_its_key() -> None:
    signer = request_signer(SECRET, "20130524T000000Z", "20130524/us-east-1/s3/aws4_request")

    assert repr(signer.key) not in repr(signer)


def test_a_header_that_was_signed_as_utf_8_and_sent_as_latin_1_holds() -> None:
    request = request_of("GET", URL, by_header(content_disposition="é"))

    assert request.headers["content-disposition"].encode("latin-1") == "é".encode()
    assert holds(replace(request, headers={**request.headers, "content-disposition": "é"}))


def test_a_signature_is_of_its_region() -> None:
    headers = by_header()
    headers["Authorization"] = headers["Authorization"].replace("eu-central-1", "us-east-1")

    assert code_of(request_of("GET", URL, headers)) == "SignatureDoesNotMatch"


def test_a_wrong_secret_is_a_signature_that_does_not_match() -> None:
    wrong = (ACCESS_KEY_ID, "wrong")
    assert code_of(request_of("GET", URL, sign("GET", URL, keys=wrong))) == "SignatureDoesNotMatch"
    assert code_of(request_of("GET", presign("GET", URL, keys=wrong))) == "SignatureDoesNotMatch"


def test_a_wrong_key_id_is_not_in_our_records() -> None:
    unknown = ("SOMEONE", KEYS[1])
    assert code_of(request_of("GET", URL, sign("GET", URL, keys=unknown))) == "InvalidAccessKeyId"
    assert code_of(request_of("GET", presign("GET", URL, keys=unknown))) == "InvalidAccessKeyId"


@pytest.mark.parametrize(
    ("method", "url", "header"),
    [
        ("PUT", URL, {}),
        ("GET", URL.replace("318", "319"), {}),
        ("GET", URL.replace("out/318", "out%2f/318"), {}),
        ("GET", URL.replace("prefix=a", "prefix=b"), {}),
        ("GET", URL + "&acl", {}),
        ("GET", URL.removesuffix("&prefix=a%20b"), {}),
        ("GET", URL, {"x-amz-meta-a": "2"}),
        ("GET", URL, {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}),
        ("GET", URL, {"host": "example.com"}),
    ],
)
def test_what_was_tampered_with_does_not_match(method: str, url: str, header: dict[str, str]) -> None:
    signed = {name.lower(): value for name, value in by_header(x_amz_meta_a="1").items()}

    assert holds(request_of("GET", URL, signed))
    assert code_of(request_of(method, url, {**signed, **header})) == "SignatureDoesNotMatch"


def test_a_presigned_url_that_was_tampered_with_does_not_match() -> None:
    url = presign("GET", URL, expires_s=60)

    for changed in (url.replace("318", "319"), url.replace("Expires=60", "Expires=600"), url + "&acl"):
        assert code_of(request_of("GET", changed)) == "SignatureDoesNotMatch"
    assert code_of(request_of("PUT", url)) == "SignatureDoesNotMatch"


def test_no_x_amz_header_may_be_added_to_a_signed_request() -> None:
    added = {"x-amz-copy-source": "/b/secret"}
    assert code_of(request_of("PUT", URL, {**by_header("PUT"), **added})) == "AccessDenied"
    assert code_of(request_of("PUT", presign("PUT", URL), added)) == "AccessDenied"


def test_the_host_must_be_signed() -> None:
    headers = by_header()
    headers["Authorization"] = headers["Authorization"].replace("SignedHeaders=host;", "SignedHeaders=")
    assert code_of(request_of("GET", URL, headers)) == "AccessDenied"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_clocks_may_differ_by_a_quarter_of_an_hour_and_no_more(minutes: int) -> None:
    request = request_of("GET", URL, by_header())

    assert code_of(request, now() + minutes * MINUTE) == "RequestTimeTooSkewed"
    assert holds(request, now() + (minutes * MINUTE) * 14 / 16)


def test_a_presigned_url_holds_from_its_time_until_it_expires() -> None:
    request = request_of("GET", presign("GET", URL, expires_s=3600))

    assert holds(request, now() + 59 * MINUTE)
    assert code_of(request, now() + 61 * MINUTE) == "AccessDenied"
    assert holds(request, now() - 14 * MINUTE)
    assert code_of(request, now() - 16 * MINUTE) == "AccessDenied"


def authorized(authorization: str, **headers: str) -> S3Request:
    signed = by_header()
    return request_of("GET", URL, {**signed, "Authorization": authorization, **headers})


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("AWS4-HMAC-SHA256 ", "Basic ", "InvalidArgument"),
        ("AWS4-HMAC-SHA256 ", "Bearer ", "InvalidArgument"),
        ("Signature=", "Signature=zz", "AuthorizationHeaderMalformed"),
        ("Signature=", "Sig=", "AuthorizationHeaderMalformed"),
        ("SignedHeaders=", "Headers=", "AuthorizationHeaderMalformed"),
        ("/aws4_request", "/aws3_request", "AuthorizationHeaderMalformed"),
        ("/s3/", "/ec2/", "AuthorizationHeaderMalformed"),
        ("/eu-central-1/", "//", "AuthorizationHeaderMalformed"),
        (f"Credential={ACCESS_KEY_ID}/", "Credential=/", "AuthorizationHeaderMalformed"),
        ("Credential=", "Credential", "AuthorizationHeaderMalformed"),
        ("/eu-central-1/s3", "", "AuthorizationHeaderMalformed"),
        ("/20", "/19", "AuthorizationHeaderMalformed"),
    ],
)
def test_a_malformed_authorization_is_refused_as_such(old: str, new: str, code: str) -> None:
    authorization = by_header()["Authorization"]
    assert old in authorization

    assert code_of(authorized(authorization.replace(old, new, 1))) == code


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("Algorithm", "AWS4-HMAC-SHA1", "AuthorizationQueryParametersError"),
        ("Credential", "KEY", "AuthorizationQueryParametersError"),
        ("Credential", f"{ACCESS_KEY_ID}%2F20130524%2Feu%2Fs3%2Faws4_request", "AuthorizationQueryParametersError"),
        ("Date", "yesterday", "AuthorizationQueryParametersError"),
        ("Date", "20139999T999999Z", "AuthorizationQueryParametersError"),
        ("Expires", "", "AuthorizationQueryParametersError"),
        ("Expires", "-1", "AuthorizationQueryParametersError"),
        ("Expires", "604801", "AuthorizationQueryParametersError"),
        ("Expires", "000000001" + "9" * 30, "AuthorizationQueryParametersError"),
        ("Expires", "%D9%A1", "AuthorizationQueryParametersError"),
        ("SignedHeaders", "", "AuthorizationQueryParametersError"),
        ("Signature", "", "AuthorizationQueryParametersError"),
        ("Signature", "%C3%A9", "SignatureDoesNotMatch"),
    ],
)
def test_a_malformed_presigned_url_is_refused_as_such(name: str, value: str, code: str) -> None:
    url = presign("GET", URL)
    pairs = [pair.partition("=") for pair in urlsplit(url).query.split("&")]
    query = "&".join(f"{key}={value if key == f'X-Amz-{name}' else old}" for key, _, old in pairs)

    assert code_of(request_of("GET", f"{url.partition('?')[0]}?{query}")) == code


@pytest.mark.parametrize(
    "headers", [{"x-amz-date": ""}, {"x-amz-date": "yesterday"}, {"x-amz-date": "2013-05-24T00:00:00Z"}]
)
def test_a_signature_needs_its_time(headers: dict[str, str]) -> None:
    signed = {name.lower(): value for name, value in by_header().items()}
    assert code_of(request_of("GET", URL, {**signed, **headers})) == "AccessDenied"


def dated(date: str) -> S3Request:
    """Return a request that says its time in `Date`, signed as of now."""
    signed = {name.lower(): value for name, value in sign("GET", URL, {"Date": "replaced"}).items()}
    assert "x-amz-date" not in signed
    return request_of("GET", URL, {**signed, "date": date.format(signed["date"])})


def test_a_date_header_does_for_a_time() -> None:
    assert holds(dated("{}"))


@pytest.mark.parametrize("date", ["", "yesterday", "20130524T250000Z", "Fri, 31 Dec 9999 23:59:59 -1400"])
def test_a_date_header_that_says_no_time_is_refused(date: str) -> None:
    assert code_of(dated(date)) == "AccessDenied"


def test_another_date_does_not_match() -> None:
    for earlier in (format_datetime(now() - MINUTE, usegmt=True), (now() - MINUTE).strftime("%Y%m%dT%H%M%SZ")):
        assert code_of(dated(earlier)) == "SignatureDoesNotMatch"


def test_the_parts_of_an_authorization_may_come_in_any_order() -> None:
    algorithm, _, fields = by_header()["Authorization"].partition(" ")
    assert holds(authorized(f"{algorithm} {','.join(reversed(fields.split(', ')))}"))


def test_a_presigned_url_for_no_time_has_expired() -> None:
    request = request_of("GET", presign("GET", URL, expires_s=0))
    assert code_of(request, now() + timedelta(seconds=1)) == "AccessDenied"


def test_a_signature_needs_the_hash_of_the_body() -> None:
    signed = {name: value for name, value in by_header().items() if name.lower() != "x-amz-content-sha256"}
    assert code_of(request_of("GET", URL, signed)) == "InvalidRequest"


def test_nobody_is_anonymous() -> None:
    assert code_of(request_of("GET", URL)) == "AccessDenied"
    assert code_of(request_of("GET", URL, {"authorization": ""})) == "AccessDenied"


def test_signature_version_2_is_refused_by_its_name() -> None:
    presigned = "http://x/b/k?AWSAccessKeyId=K&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D&Expires=1141889120"
    for request in (authorized("AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg="), request_of("GET", presigned)):
        with pytest.raises(S3Error, match="version 2") as caught:
            verify(request, KEYRING, now())
        assert caught.value.code == "InvalidRequest"


def test_there_is_only_one_way_to_sign_a_request() -> None:
    assert code_of(request_of("GET", presign("GET", URL), by_header())) == "InvalidArgument"


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(len(one) + len(other))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(verify_module, "compare_digest", compare)
    verify(request_of("GET", URL, by_header()), KEYRING, now())

    assert compared == [128]


def test_the_secret_is_in_no_text() -> None:
    signed = verify(request_of("GET", URL, by_header()), KEYRING, now())
    assert SECRET not in repr(KEYRING)
    assert repr(signed.signing_key) not in repr(signed)
