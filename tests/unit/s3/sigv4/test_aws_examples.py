"""The signed requests in AWS's documentation, by their names there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dvc_sync_s3.s3.chunked import ChunkedReader
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.sigv4.chunks import ChunkSignatures
from dvc_sync_s3.s3.sigv4.verify import Keyring, Signed, verify
from tests.unit.s3.asgi import MAY_2013, request_of

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
KEYRING = Keyring({KEY_ID: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"})
SCOPE = f"{KEY_ID}/20130524/us-east-1/s3/aws4_request"
HOST = "https://examplebucket.s3.amazonaws.com"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def signed_by_header(method: str, url: str, headers: dict[str, str], signed_headers: str, signature: str) -> Signed:
    authorization = f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={signed_headers},Signature={signature}"
    sent = {"x-amz-date": "20130524T000000Z", "authorization": authorization, **headers}
    return verify(request_of(method, url, sent), KEYRING, MAY_2013)


@pytest.mark.parametrize(
    ("method", "url", "headers", "signed_headers", "signature"),
    [
        pytest.param(
            "GET",
            f"{HOST}/test.txt",
            {"range": "bytes=0-9", "x-amz-content-sha256": EMPTY},
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            id="GET Object",
        ),
        pytest.param(
            "PUT",
            f"{HOST}/test%24file.text",
            {
                "date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
            },
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            id="PUT Object",
        ),
        pytest.param(
            "GET",
            f"{HOST}/?lifecycle",
            {"x-amz-content-sha256": EMPTY},
            "host;x-amz-content-sha256;x-amz-date",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            id="GET Bucket Lifecycle",
        ),
        pytest.param(
            "GET",
            f"{HOST}/?max-keys=2&prefix=J",
            {"x-amz-content-sha256": EMPTY},
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            id="Get Bucket (List Objects)",
        ),
    ],
)
def test_an_example_of_sig_v4_header_based_auth_holds(
    method: str, url: str, headers: dict[str, str], signed_headers: str, signature: str
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""
    assert signed_by_header(method, url, headers, signed_headers, signature).credential.access_key_id == KEY_ID


def test_the_example_of_sigv4_query_string_auth_holds() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    url = (
        f"{HOST}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={SCOPE.replace('/', '%2F')}"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    assert verify(request_of("GET", url), KEYRING, MAY_2013).payload_hash == "UNSIGNED-PAYLOAD"


CHUNKS = (b"a" * 65536, b"a" * 1024, b"")
CHUNK_SIGNATURES = (
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)
SIGNED_CHUNKS = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length"


@pytest.fixture
def streamed() -> Signed:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html"""
    headers = {
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        "content-length": "66824",
    }
    return signed_by_header(
        "PUT",
        "https://s3.amazonaws.com/examplebucket/chunkObject.txt",
        headers,
        f"{SIGNED_CHUNKS};x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    )


TRAILER = b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
TRAILED_SIGNATURES = (
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
)
TRAILER_SIGNATURE = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"


@pytest.fixture
def trailed() -> Signed:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html"""
    headers = {
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        "x-amz-trailer": "x-amz-checksum-crc32c",
    }
    return signed_by_header(
        "PUT",
        "https://s3.amazonaws.com/examplebucket/chunkObject.txt",
        headers,
        "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class"
        ";x-amz-trailer",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    )


def coded(chunks: tuple[bytes, ...], signatures: tuple[str, ...]) -> bytes:
    pieces = [
        b"%x;chunk-signature=%b\r\n%b\r\n" % (len(chunk), signature.encode(), chunk)
        for chunk, signature in zip(chunks, signatures, strict=True)
    ]
    return b"".join(pieces).removesuffix(b"\r\n")


async def decode(signed: Signed, body: bytes) -> tuple[bytes, dict[str, str]]:
    async def arriving() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 5000):
            yield body[start : start + 5000]

    reader = ChunkedReader(arriving(), ChunkSignatures(signed))
    data = b"".join([piece async for piece in reader])
    return data, reader.trailers


@pytest.mark.anyio
async def test_the_example_of_sigv4_streaming_holds_chunk_by_chunk(streamed: Signed) -> None:
    body = coded(CHUNKS, CHUNK_SIGNATURES) + b"\r\n"
    assert len(body) == 66824

    assert await decode(streamed, body) == (b"a" * 66560, {})


@pytest.mark.anyio
@pytest.mark.parametrize("wrong", [0, 1, 2])
async def test_no_chunk_may_be_changed_left_out_or_unsigned(streamed: Signed, wrong: int) -> None:
    signatures = list(CHUNK_SIGNATURES)
    changed = [*CHUNKS[:wrong], CHUNKS[wrong].replace(b"a", b"b", 1), *CHUNKS[wrong + 1 :]]
    left_out = (CHUNKS[:wrong] + CHUNKS[wrong + 1 :], CHUNK_SIGNATURES[:wrong] + CHUNK_SIGNATURES[wrong + 1 :])
    bodies = [
        coded(CHUNKS, (*signatures[:wrong], "0" * 64, *signatures[wrong + 1 :])),
        coded(CHUNKS, CHUNK_SIGNATURES).replace(f";chunk-signature={signatures[wrong]}".encode(), b""),
    ]
    if CHUNKS[wrong]:
        bodies += [coded(tuple(changed), CHUNK_SIGNATURES), coded(*left_out)]
    for body in bodies:
        with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
            await decode(streamed, body + b"\r\n")


@pytest.mark.anyio
async def test_the_example_of_sigv4_streaming_trailers_holds_to_its_trailer(trailed: Signed) -> None:
    end = TRAILER + f"x-amz-trailer-signature:{TRAILER_SIGNATURE}\r\n\r\n".encode()

    data, trailers = await decode(trailed, coded(CHUNKS, TRAILED_SIGNATURES) + end)

    assert data == b"a" * 66560
    assert trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


@pytest.mark.anyio
@pytest.mark.parametrize(
    "end",
    [
        TRAILER + f"x-amz-trailer-signature:{'0' * 64}\r\n\r\n".encode(),
        TRAILER + b"\r\n",
        TRAILER.replace(b"sOO8", b"AAAA") + f"x-amz-trailer-signature:{TRAILER_SIGNATURE}\r\n\r\n".encode(),
        TRAILER + b"x-amz-extra:1\r\n" + f"x-amz-trailer-signature:{TRAILER_SIGNATURE}\r\n\r\n".encode(),
    ],
    ids=["wrong signature", "no signature", "changed", "added to"],
)
async def test_a_signed_trailer_may_not_be_tampered_with(trailed: Signed, end: bytes) -> None:
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        await decode(trailed, coded(CHUNKS, TRAILED_SIGNATURES) + end)
