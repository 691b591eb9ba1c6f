"""Error documents say what AWS's say, so that what people find about these messages helps."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest

from tests.conformance.conftest import Service
from tests.conformance.signing import SECRET, sign
from tests.conformance.wire import Wire, call


@pytest.mark.parametrize(
    ("method", "key", "headers", "said"),
    [
        ("GET", "/none", {}, {"Code": "NoSuchKey", "Message": "The specified key does not exist.", "Key": "none"}),
        ("POST", "/318", {}, {"Code": "MethodNotAllowed", "Method": "POST", "ResourceType": "OBJECT"}),
        (
            "GET",
            "/318",
            {"Range": "bytes=9-"},
            {"Code": "InvalidRange", "RangeRequested": "bytes=9-", "ActualObjectSize": "4"},
        ),
        ("GET", "/318", {"If-Match": "x"}, {"Code": "PreconditionFailed", "Condition": "If-Match"}),
        ("DELETE", "/318?uploadId=none", {}, {"Code": "NoSuchUpload", "UploadId": "none"}),
    ],
)
def test_a_refusal_names_what_it_is_about(
    service: Service, bucket: str, method: str, key: str, headers: Mapping[str, str], said: Mapping[str, str]
) -> None:
    call(service.url, "PUT", f"/{bucket}/318", body=b"body")

    document = ET.fromstring(call(service.url, method, f"/{bucket}{key}", headers).body)  # noqa: S314 - our own

    assert {name: document.findtext(name) for name in said} == said


def test_a_wrong_signature_is_answered_with_what_should_be_signed(service: Service, bucket: str) -> None:
    with Wire(service.url) as wire:
        signed = sign("GET", f"{service.url}/{bucket}/318", keys=("LABELSTUDIO", "another"))
        lines = [f"GET /{bucket}/318 HTTP/1.1", *(f"{name}: {text}" for name, text in signed.items())]
        wire.send("\r\n".join(lines).encode() + b"\r\n\r\n")
        answer = wire.read()

    document = ET.fromstring(answer.body)  # noqa: S314 - our own
    assert document.findtext("Message", "").startswith("The request signature we calculated does not match")
    assert document.findtext("CanonicalRequest", "").startswith(f"GET\n/{bucket}/318\n")
    assert document.findtext("StringToSign", "").startswith("AWS4-HMAC-SHA256\n")
    assert bytes.fromhex(document.findtext("StringToSignBytes", "")).decode() == document.findtext("StringToSign")
    assert SECRET.encode() not in answer.body
