"""Bodies that are large, late, cut short or not what they claim to be: whole, or not stored."""

from __future__ import annotations

import base64
import hashlib
import tracemalloc

import pytest

from tests.conformance.conftest import Service, is_stored
from tests.conformance.signing import sha256
from tests.conformance.wire import Wire, call

STREAMING = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
UNSIGNED = "UNSIGNED-PAYLOAD"


def test_a_body_cut_short_by_half_a_close_is_not_stored(service: Service, bucket: str) -> None:
    with Wire(service.url) as wire:
        wire.send_signed("PUT", f"/{bucket}/318", {"Content-Length": "100"}, b"only this", payload_sha256=sha256(b"x"))
        wire.half_close()
        assert not wire.read_end().startswith(b"HTTP/1.1 2")

    assert not is_stored(service, bucket)


def test_a_body_cut_short_by_a_close_is_not_stored_and_the_next_request_is(service: Service, bucket: str) -> None:
    with Wire(service.url) as wire:
        wire.send_signed("PUT", f"/{bucket}/318", {"Content-Length": "100"}, b"only this", payload_sha256=sha256(b"x"))

    assert call(service.url, "PUT", f"/{bucket}/319", body=b"whole").status == 200
    assert not is_stored(service, bucket)


def test_a_body_that_stops_coming_times_out_and_the_connection_ends(service: Service, bucket: str) -> None:
    with Wire(service.url) as wire:
        wire.send_signed("PUT", f"/{bucket}/318", {"Content-Length": "100"}, b"only this", payload_sha256=sha256(b"x"))
        answer = wire.read()
        assert wire.read_end() == b""

    assert (answer.status, answer.code) == (400, "RequestTimeout")
    assert answer.headers["connection"] == "close"
    assert not is_stored(service, bucket)


WRONG = base64.b64encode(hashlib.md5(b"another body").digest()).decode()
CUSTOMER = "x-amz-server-side-encryption-customer-algorithm"
WRONG_SHA256 = base64.b64encode(hashlib.sha256(b"another body").digest()).decode()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-MD5": WRONG}, "BadDigest"),
        ({"Content-MD5": "not base64"}, "InvalidDigest"),
        ({"Content-MD5": "c2hvcnQ="}, "InvalidDigest"),
        ({"x-amz-checksum-crc32": "AAAAAA=="}, "BadDigest"),
        ({"x-amz-checksum-crc32c": "AAAAAA=="}, "BadDigest"),
        ({"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}, "BadDigest"),
        ({"x-amz-checksum-sha1": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "BadDigest"),
        ({"x-amz-checksum-sha256": WRONG_SHA256}, "BadDigest"),
        ({"x-amz-checksum-crc32": "AAAA"}, "InvalidRequest"),
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha256": WRONG_SHA256}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "MD5"}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "CRC32"}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": ""}, "InvalidRequest"),
        ({"x-amz-checksum-md4": "AAAAAA=="}, "InvalidRequest"),
        ({"x-amz-trailer": ""}, "InvalidRequest"),
        ({"x-amz-trailer": "x-amz-meta-note"}, "InvalidRequest"),
        ({"x-amz-trailer": "x-amz-checksum-crc32,"}, "InvalidRequest"),
        ({"x-amz-trailer": "x-amz-checksum-crc32,x-amz-checksum-sha1"}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "CRC32C", "x-amz-checksum-crc32": "AAAAAA=="}, "InvalidRequest"),
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-trailer": "x-amz-checksum-sha1"}, "InvalidRequest"),
        ({"x-amz-acl": "public-read"}, "AccessControlListNotSupported"),
        ({"x-amz-acl": "nobody"}, "InvalidArgument"),
        ({"x-amz-grant-read": 'id="other"'}, "AccessControlListNotSupported"),
        ({"x-amz-storage-class": "SHELF"}, "InvalidStorageClass"),
        ({"x-amz-object-lock-mode": "GOVERNANCE"}, "InvalidRequest"),
        ({"x-amz-write-offset-bytes": "4"}, "NotImplemented"),
        ({"x-amz-tagging": "k=1&k=2"}, "InvalidTag"),
        ({"x-amz-server-side-encryption": "aes:kms"}, "InvalidArgument"),
        ({"x-amz-server-side-encryption-aws-kms-key-id": "a-key"}, "InvalidArgument"),
        ({"x-amz-server-side-encryption": "AES256", CUSTOMER: "AES256"}, "InvalidArgument"),
        ({CUSTOMER: "AES256"}, "NotImplemented"),
        ({"x-amz-meta-long": "x" * 2048}, "MetadataTooLarge"),
        ({"x-amz-meta-long": "x" * 20_000}, "RequestHeaderSectionTooLarge"),
        ({"Expires": "x" * 40_000}, "RequestHeaderSectionTooLarge"),
    ],
)
def test_a_body_that_is_not_what_its_headers_say_is_not_stored(
    service: Service, bucket: str, headers: dict[str, str], code: str
) -> None:
    answer = call(service.url, "PUT", f"/{bucket}/318", headers, b"body")

    assert answer.code == code
    assert answer.status in {400, 501}
    assert not is_stored(service, bucket)


def test_a_body_that_is_not_what_was_signed_is_not_stored(service: Service, bucket: str) -> None:
    answer = call(service.url, "PUT", f"/{bucket}/318", body=b"tampered", payload_sha256=sha256(b"signed"))

    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert not is_stored(service, bucket)


def test_a_payload_hash_may_be_in_capitals(service: Service, bucket: str) -> None:
    for key, sent, status in (("318", b"body", 200), ("319", b"b0dy", 400)):
        capitals = sha256(b"body").upper()
        assert call(service.url, "PUT", f"/{bucket}/{key}", body=sent, payload_sha256=capitals).status == status


@pytest.mark.parametrize("payload", ["nonsense", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "G" * 64])
def test_a_payload_hash_that_is_none_is_refused(service: Service, bucket: str, payload: str) -> None:
    assert call(service.url, "PUT", f"/{bucket}/318", body=b"x", payload_sha256=payload).code == "InvalidArgument"


def chunked(data: bytes) -> bytes:
    """Code as HTTP does, in one piece."""
    return (b"%x\r\n%b\r\n" % (len(data), data) if data else b"") + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("announced", "body", "code"),
    [
        ("5", b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", None),
        ("5", b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n", None),
        ("5", b"2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", None),
        ("5", b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"),
        ("5", b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:what\r\n\r\n", "InvalidRequest"),
        ("5", b"5\r\nhello\r\n0\r\n\r\n", "MalformedTrailerError"),
        ("5", b"5\r\nhello\r\n0\r\nno colon\r\n\r\n", "MalformedTrailerError"),
        ("6", b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "IncompleteBody"),
        ("4", b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "IncompleteBody"),
        ("5", b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\nmore", None),
        ("5", b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\nmore", "BadDigest"),
        ("5", b"5\r\nhel", "IncompleteBody"),
        ("5", b"5\r\nhello\r\n", "IncompleteBody"),
        ("5", b"4\r\nhello\r\n0\r\n\r\n", "IncompleteBody"),
        ("5", b"hello", "IncompleteBody"),
        ("5", b"hello" * 4000, "InvalidChunkSizeError"),
        ("5", b"-5\r\nhello\r\n0\r\n\r\n", "InvalidChunkSizeError"),
        ("5", b"0x5\r\nhello\r\n0\r\n\r\n", "InvalidChunkSizeError"),
        ("five", b"", "InvalidArgument"),
        ("9" * 5000, b"", "InvalidArgument"),
        (str(6 * 1024**3), b"", "EntityTooLarge"),
        (None, b"5\r\nhello\r\n0\r\n\r\n", "MissingContentLength"),
    ],
)
def test_a_body_in_chunks_is_whole_or_not_stored(
    service: Service, bucket: str, announced: str | None, body: bytes, code: str | None
) -> None:
    headers = {
        "Transfer-Encoding": "chunked",
        "Content-Encoding": "aws-chunked",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    if announced is not None:
        headers["x-amz-decoded-content-length"] = announced

    answer = call(service.url, "PUT", f"/{bucket}/318", headers, chunked(body), payload_sha256=STREAMING)

    assert (answer.code if answer.body else None) == code
    assert is_stored(service, bucket) is (code is None)


def test_a_body_in_chunks_may_come_byte_by_byte(service: Service, bucket: str) -> None:
    headers = {
        "Transfer-Encoding": "chunked",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "x-amz-decoded-content-length": "5",
    }
    with Wire(service.url) as wire:
        wire.send_signed("PUT", f"/{bucket}/318", headers, b"", payload_sha256=STREAMING)
        for byte in b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n":
            wire.send(b"1\r\n%c\r\n" % byte)
        wire.send(b"0\r\n\r\n")
        answer = wire.read()

    assert answer.status == 200
    assert answer.headers["x-amz-checksum-crc32"] == "NhCmhg=="
    assert "connection" not in answer.headers


def test_a_length_must_be_announced(service: Service, bucket: str) -> None:
    answer = call(service.url, "PUT", f"/{bucket}/318", {"Transfer-Encoding": "chunked"}, chunked(b"x"))

    assert (answer.status, answer.code) == (411, "MissingContentLength")


def test_256_mib_are_put_copied_and_read_in_bounded_memory(service: Service, bucket: str) -> None:
    pieces = 256
    body = hashlib.sha256(b"").digest() * (1024**2 // 32)
    size = pieces * len(body)
    digest = hashlib.md5()
    tracemalloc.start()
    try:
        with Wire(service.url) as wire:
            wire.send_signed("PUT", f"/{bucket}/large", {"Content-Length": str(size)}, payload_sha256=UNSIGNED)
            for _ in range(pieces):
                wire.send(body)
            etag = wire.read().headers["etag"]
            wire.send_signed("PUT", f"/{bucket}/copy", {"x-amz-copy-source": f"{bucket}/large"})
            copied = wire.read()
            wire.send_signed("GET", f"/{bucket}/copy")
            assert wire.read_head().headers["content-length"] == str(size)
            while size:
                piece = wire.take(size)
                digest.update(piece)
                size -= len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert etag == f'"{digest.hexdigest()}"'
    assert digest.hexdigest().encode() in copied.body
    assert peak < 10 * 1024**2
