"""Requests that nobody would send, from a seed: each is answered, none breaks the service or leaves its bucket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

from dvc_sync_s3.s3.operations import OPERATIONS
from dvc_sync_s3.s3.routing import ROUTES, Resource
from tests.conformance.conftest import Service
from tests.conformance.signing import sha256, sign
from tests.conformance.wire import Answer, Wire, call

REQUESTS_PER_SEED = 400
BUCKET = "fuzzed-bucket"

OFFERED = [route for route in ROUTES if route.operation in OPERATIONS]
METHODS = ("GET", "PUT", "HEAD", "DELETE", "POST", "OPTIONS", "PATCH")
PATHS = {Resource.SERVICE: "/", Resource.BUCKET: "/{bucket}", Resource.OBJECT: "/{bucket}/{key}"}
ODD_PATHS = ("/nowhere", "/nowhere/{key}", "/../x", "//{bucket}/{key}", "/{bucket}//{key}", "/-/{key}")
KEYS = ("318", "a/b", "..", "../../x", ".dvc-sync-s3/index.db", "%00", "é", " ", "//", "a" * 1100, "_", "c/", "\\x")
WORDS = (
    *sorted({word for route in ROUTES for word in route.query}),
    "uploadId=x", "partNumber=0", "partNumber=1", "partNumber=99999999999", "versionId=null", "versionId=x",
    "max-keys=-1", "max-keys=0", "max-uploads=x", "max-parts=x", "continuation-token=x", "marker=\0", "prefix=..",
    "delimiter=/", "encoding-type=url", "response-content-type=a\r\nb: c", "X-Amz-Algorithm=x", "key-marker=é",
)  # fmt: skip
HEADERS: Mapping[str, tuple[str, ...]] = {
    "Range": ("bytes=0-", "bytes=-0", "bytes=9-1", "x"),
    "If-Match": ("*", '"', "x"),
    "If-None-Match": ("*", "x"),
    "If-Modified-Since": ("x", "Mon, 01 Jan 2001 00:00:00 GMT"),
    "Content-MD5": ("", "x", "1B2M2Y8AsgTpgAmY7PhCfg=="),
    "Content-Type": ("multipart/form-data; boundary=x", "application/xml", "", "multipart/form-data"),
    "Content-Encoding": ("aws-chunked", "gzip"),
    "x-amz-copy-source": ("", "/", f"{BUCKET}/318", "/nowhere/x", "%00", f"{BUCKET}/318?versionId=x", "%ff"),
    "x-amz-copy-source-range": ("bytes=0-0", "bytes=0-99999999999", "x"),
    "x-amz-metadata-directive": ("COPY", "REPLACE", "x"),
    "x-amz-tagging": ("a=b", "a=b&a=c", "=", "%zz", "a" * 300),
    "x-amz-tagging-directive": ("COPY", "x"),
    "x-amz-acl": ("private", "public-read", "public-read-write", "x"),
    "x-amz-grant-read": ('uri="http://acs.amazonaws.com/groups/global/AllUsers"', "id=x", "x", ",", 'emailAddress="é"'),
    "x-amz-object-ownership": ("ObjectWriter", "BucketOwnerPreferred", "x"),
    "x-amz-expected-bucket-owner": ("x",),
    "x-amz-checksum-crc32": ("", "AAAAAA==", "x"),
    "x-amz-checksum-algorithm": ("CRC32", "x"),
    "x-amz-checksum-type": ("FULL_OBJECT", "x"),
    "x-amz-sdk-checksum-algorithm": ("CRC32", "x"),
    "x-amz-trailer": ("x-amz-checksum-crc32", "x"),
    "x-amz-decoded-content-length": ("0", "5", "-1"),
    "x-amz-object-attributes": ("ETag", "ETag,ObjectParts,x"),
    "x-amz-mp-object-size": ("0", "x"),
    "x-amz-meta-é": ("é",),
    "x-amz-date": ("x", "20010101T000000Z"),
    "Expect": ("100-continue", "x"),
    "Origin": ("http://example.com", "null"),
    "Access-Control-Request-Method": ("PUT", "x"),
}  # fmt: skip
BODIES = (
    b"",
    b"x",
    b"<a",
    b"<Delete/>",
    b"<Delete><Object><Key>318</Key></Object><Object/></Delete>",
    b"<Delete><Object><Key>../x</Key><VersionId>x</VersionId></Object></Delete>",
    b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
    b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
    b"<CreateBucketConfiguration><LocationConstraint>x</LocationConstraint></CreateBucketConfiguration>",
    b"<CORSConfiguration><CORSRule/></CORSConfiguration>",
    b"<AccessControlPolicy><Owner/><AccessControlList/></AccessControlPolicy>",
    (
        b"<AccessControlPolicy><AccessControlList><Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/AllUsers"
        b"</URI></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"
    ),
    b"<AccessControlPolicy><AccessControlList><Grant><Grantee/></Grant></AccessControlList></AccessControlPolicy>",
    b"<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
    b"<PublicAccessBlockConfiguration/>",
    b'{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:s3:::%s/*"}}'
    % BUCKET.encode(),
    b'{"Statement": [{"Effect": "Deny", "Principal": {"AWS": [1]}}]}',
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    b"5\r\nhello\r\n0\r\n\r\n",
    b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\n../x\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhello\r\n--x--\r\n',
    b"--x\r\n\r\n\r\n--x",
    b"\xff" * 300,
)
PAYLOADS = ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x")


def partition(word: str) -> tuple[str, str, str]:
    return word.partition("=")


def ask(service: Service, random: Random) -> tuple[str, Answer]:
    """Send one request and return it, in words, with its answer."""
    route = random.choice(OFFERED if random.random() < 0.9 else ROUTES)
    method = route.method if random.random() < 0.9 else random.choice(METHODS)
    place = PATHS[route.resource] if random.random() < 0.9 else random.choice(ODD_PATHS)
    path = place.format(bucket=BUCKET, key=quote(random.choice(KEYS), safe="/"))
    words = [*route.query, *random.sample(WORDS, random.choice((0, 0, 1, 2)))]
    query = "&".join(quote(name) + equals + quote(value) for name, equals, value in map(partition, words))
    headers = {name: random.choice(HEADERS[name]) for name in random.sample(sorted(HEADERS), random.randrange(4))}
    body = random.choice(BODIES)
    payload = random.choice((sha256(body),) * 8 + PAYLOADS)
    target = f"{path}?{query}" if query else path
    signed = sign(method, service.url + target, headers, payload_sha256=payload) if random.random() < 0.95 else headers
    asked = {"Host": "x", **signed, "Content-Length": str(len(body))}
    with Wire(service.url) as wire:
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items())]
        wire.send("\r\n".join(lines).encode() + b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):  # it may answer and close before the body
            wire.send(body)
        return f"{method} {target} {headers} {payload} {body!r}", wire.read(to=method)


def outside(service: Service) -> set[Path]:
    """Return every file that is neither an object nor the store's own."""
    own = {service.folder / bucket.name for bucket in service.store.buckets()} | {service.folder / ".dvc-sync-s3"}
    found = [path for path in service.folder.parent.rglob("*") if path.is_file()]
    return {path for path in found if not any(path.is_relative_to(folder) for folder in own)}


@pytest.mark.parametrize("seed", range(8))
def test_no_request_breaks_the_service_or_leaves_its_bucket(service: Service, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - the same requests each time
    before = outside(service)
    for _ in range(REQUESTS_PER_SEED):
        if not service.store.has_bucket(BUCKET):  # it may have been asked to go
            asyncio.run(service.store.create_bucket(BUCKET))
        asked, answer = ask(service, random)
        assert answer.status < 500 or answer.status == 501, f"{answer.status} {answer.body!r} to {asked}"
    service.store.publish()

    assert outside(service) == before
    assert call(service.url, "GET", "/not-there/x").code == "NoSuchBucket"
