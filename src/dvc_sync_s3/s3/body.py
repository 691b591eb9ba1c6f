"""A request's body: read once, decoded, counted and checked against everything its headers claim."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from dvc_sync_s3.s3.arrival import Arrival
from dvc_sync_s3.s3.checksums import (
    ALGORITHM_OF_HEADER,
    ALGORITHMS,
    Digest,
    base64_text,
    check_checksum_names,
    claimed_checksums,
    parse_content_md5,
)
from dvc_sync_s3.s3.chunked import ChunkedReader
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import S3Request
from dvc_sync_s3.s3.sigv4.canonical import EMPTY_SHA256, is_hex_sha256
from dvc_sync_s3.s3.sigv4.chunks import ChunkSignatures
from dvc_sync_s3.s3.sigv4.claim import UNSIGNED_PAYLOAD
from dvc_sync_s3.s3.sigv4.verify import Signed

MAX_SIZE = 5 * 1024**3
_SMALL_BYTES = 16 * 1024
_LOCKED_BYTES = 2047
"""Of so few bytes Python's digests keep the interpreter's lock: to get it back from another thread costs more than to
digest a small body (https://docs.python.org/3.11/library/hashlib.html#hash-algorithms, the note on the GIL)."""
_MAX_DIGITS = 18
_SDK_ALGORITHM = "x-amz-sdk-checksum-algorithm"
_CLAIMING = frozenset([*ALGORITHM_OF_HEADER, "content-md5", _SDK_ALGORITHM, "x-amz-trailer"])
"""Headers that say what the body must be, beside its length and how it was signed."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_STREAMED = {
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER": False,
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": True,
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": True,
}
"""How a body in chunks travels → whether its chunks are signed."""


class RequestBody(Struct, eq=False):
    """The body of one request. Iterate it to the end once; then `size`, `md5` and `checksums` are true."""

    _arrival: Arrival
    _payload_hash: str
    _is_signed: bool
    expected_size: int
    """How many bytes the headers announce, decoded."""
    _chunks: ChunkedReader | None = None
    _expected_md5: bytes | None = None
    _claims: Mapping[str, str] = _NOTHING
    _trailer_names: Sequence[str] = ()
    _digests: Mapping[str, Digest] = _NOTHING
    _md5: hashlib._Hash | None = None
    _sha256: hashlib._Hash | None = None
    size: int = 0

    @property
    def is_read(self) -> bool:
        """Tell whether nothing of the body is left on the connection."""
        return self._arrival.is_over

    @property
    def md5(self) -> str:
        """Return the MD5 of the whole body, in hexadecimal."""
        assert self._md5 is not None, "the body must be read first"
        return self._md5.hexdigest()

    @property
    def checksums(self) -> tuple[tuple[str, str], ...]:
        """Return the checksums that the client sent and that held, or asked for, as (algorithm, base64)."""
        return tuple([(name, base64_text(digest.digest())) for name, digest in self._digests.items()])

    @property
    def is_checked(self) -> bool:
        """Tell whether the client sends a digest of the body, as S3 demands where a mistake would cost objects."""
        in_trailer = any(name in ALGORITHM_OF_HEADER for name in self._trailer_names)
        return self._expected_md5 is not None or bool(self._claims) or in_trailer

    def compute(self, algorithm: str) -> None:
        """Compute this checksum too, before the body is read, unless the client chose one."""
        if not self._digests:
            self._digests = {algorithm: ALGORITHMS[algorithm]()}

    def whole(self) -> bytes | None:
        """Return all of the body, checked, if it is here as it is to be kept; None if it must be iterated.

        Raises `S3Error` unless every claim holds.
        """
        if self._chunks is not None or (data := self._arrival.whole()) is None:
            return None
        self._begin()
        self._take(data)
        self._check()
        return data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the decoded bytes; raise `S3Error` at the end unless every claim held."""
        self._begin()
        if self._chunks is not None:
            async for data in self._chunks:
                self._take(data)
                yield data
        else:
            async for data in _pieces(self._arrival):
                self._take(data)
                yield data
        self._check()

    def _begin(self) -> None:
        """Make ready to digest: most requests have no body, and to begin a digest takes as long as to read a header."""
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256() if self._is_signed else None

    def _take(self, data: bytes) -> None:
        md5 = self._md5
        assert md5 is not None  # begun
        self.size += len(data)
        if self.size > self.expected_size:
            raise S3Error("IncompleteBody", "The body has more bytes than its headers announce.")
        step = _LOCKED_BYTES if len(data) <= _SMALL_BYTES else len(data)
        for begin in range(0, len(data), step):
            piece = data[begin : begin + step]
            md5.update(piece)
            if self._sha256 is not None:
                self._sha256.update(piece)
            for digest in self._digests.values():
                digest.update(piece)

    def _check(self) -> None:
        if self.size != self.expected_size:
            raise S3Error("IncompleteBody")
        if self._sha256 is not None and not hmac.compare_digest(self._sha256.hexdigest(), self._payload_hash):
            raise S3Error("XAmzContentSHA256Mismatch")
        if self._expected_md5 is not None and self.md5 != self._expected_md5.hex():
            told = (
                ("ExpectedDigest", self._expected_md5.hex()),
                ("CalculatedDigest", base64_text(bytes.fromhex(self.md5))),
            )
            raise S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.", extras=told)
        trailers = self._chunks.trailers if self._chunks is not None else {}
        for name in self._trailer_names:
            if name not in trailers:
                raise S3Error("MalformedTrailerError", f"The trailer {name} was announced but did not come.")
        claims = {**self._claims, **claimed_checksums(trailers)} if trailers else self._claims
        for algorithm, claimed in claims.items():
            if algorithm in self._digests and base64_text(self._digests[algorithm].digest()) != claimed:
                raise S3Error("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")


def request_body(request: S3Request, signed: Signed | None, arrival: Arrival) -> RequestBody:
    """Read what the headers claim of a body; raise `S3Error` if that alone shows that it can't be right."""
    payload_hash = _payload_hash(request, signed)
    is_digest = payload_hash == EMPTY_SHA256 or is_hex_sha256(payload_hash)
    if not is_digest and is_hex_sha256(payload_hash.lower()):
        payload_hash, is_digest = payload_hash.lower(), True
    if not (is_digest or payload_hash == UNSIGNED_PAYLOAD or payload_hash in _STREAMED):
        raise S3Error("InvalidArgument", "x-amz-content-sha256 must be a SHA-256 or one of the words S3 knows.")
    size = _expected_size(request, payload_hash)
    if request.method != "GET":
        check_checksum_names(tuple(request.headers))
    chunks = None
    if payload_hash in _STREAMED:
        signatures = ChunkSignatures(signed) if signed is not None and _STREAMED[payload_hash] else None
        chunks = ChunkedReader(_pieces(arrival), signatures)
    elif _CLAIMING.isdisjoint(request.headers):
        return RequestBody(arrival, payload_hash, is_digest, size)
    content_md5 = request.headers.get("content-md5")
    expected_md5 = parse_content_md5(content_md5) if content_md5 is not None else None
    claims = {} if _is_of_an_object(request) else claimed_checksums(request.headers)
    names = _trailer_names(request)
    digests = _digests(request, claims, names)
    return RequestBody(arrival, payload_hash, is_digest, size, chunks, expected_md5, claims, names, digests)


async def _pieces(arrival: Arrival) -> AsyncIterator[bytes]:
    while (piece := await arrival.next()) is not None:
        yield piece


def _payload_hash(request: S3Request, signed: Signed | None) -> str:
    """Return how the body travels; what nobody signed has no signed chunks, and a form says it of each part."""
    if signed is not None:
        return signed.payload_hash
    said = UNSIGNED_PAYLOAD if _is_form(request) else request.headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD)
    if _STREAMED.get(said):
        raise S3Error("InvalidRequest", "The chunks of a body can be signed only where the request is.")
    return said


def _is_form(request: S3Request) -> bool:
    return request.method == "POST" and request.headers.get("content-type", "").startswith("multipart/form-data")


def _expected_size(request: S3Request, payload_hash: str) -> int:
    """Return how many decoded bytes are announced; raise where S3 demands an announcement and there is none."""
    is_streamed = payload_hash in _STREAMED
    name = "x-amz-decoded-content-length" if is_streamed else "content-length"
    text = request.headers.get(name)
    if text is None:
        if not is_streamed and "transfer-encoding" not in request.headers and not _is_upload(request):
            return 0
        raise S3Error("MissingContentLength")
    if not (text.isdecimal() and text.isascii() and len(text) <= _MAX_DIGITS):
        raise S3Error("InvalidArgument", f"{name} must be a number of bytes.")
    size = int(text)
    if size > MAX_SIZE:
        raise S3Error("EntityTooLarge", extras=(("ProposedSize", text), ("MaxSizeAllowed", str(MAX_SIZE))))
    return size


def _is_upload(request: S3Request) -> bool:
    """Tell whether a body is the point of the request, so that to send none may well be a mistake."""
    return request.method == "PUT" and request.key is not None and "x-amz-copy-source" not in request.headers


def _is_of_an_object(request: S3Request) -> bool:
    """Tell whether the checksum in the headers is that of the object to be made of parts, not that of the body."""
    return request.method == "POST" and "uploadId" in request.query


def _trailer_names(request: S3Request) -> list[str]:
    announced = request.headers.get("x-amz-trailer")
    if announced is None:
        return []
    names = [name.strip().lower() for name in announced.split(",")]
    if not all(name in ALGORITHM_OF_HEADER for name in names):
        raise S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
    return names


def _digests(request: S3Request, claims: dict[str, str], trailer_names: list[str]) -> dict[str, Digest]:
    """Return the one checksum to compute, if any: it came in a header or is to come in a trailer."""
    chosen = list(claims)
    if trailer_names:
        chosen += [ALGORITHM_OF_HEADER[name] for name in trailer_names if name in ALGORITHM_OF_HEADER]
    if len(chosen) > 1:
        raise S3Error(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum types are not allowed."
        )
    algorithm = chosen[0] if chosen else None
    asked = request.headers.get(_SDK_ALGORITHM)
    if asked is not None and algorithm is None and not _is_of_an_object(request):
        raise S3Error(
            "InvalidRequest",
            f"{_SDK_ALGORITHM} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
        )
    if asked is not None and algorithm not in {None, asked.upper()}:
        raise S3Error("InvalidRequest", f"Value for {_SDK_ALGORITHM} header is invalid.")
    return {} if algorithm is None else {algorithm: ALGORITHMS[algorithm]()}
