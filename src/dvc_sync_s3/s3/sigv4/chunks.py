"""The signatures inside a body that is signed chunk by chunk: each covers the one before it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and …/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import hmac

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.sigv4.canonical import EMPTY_SHA256, signature
from dvc_sync_s3.s3.sigv4.verify import Signed


class ChunkSignatures:
    """Check the chunks of one body, in order, beginning from the signature of its request."""

    def __init__(self, signed: Signed) -> None:
        self._signed = signed
        self._previous = signed.signature

    def check_chunk(self, data_sha256: str, claimed: str | None) -> None:
        """Check a chunk by the SHA-256 (hexadecimal) of its data; raise `SignatureDoesNotMatch`."""
        self._check("AWS4-HMAC-SHA256-PAYLOAD", (EMPTY_SHA256, data_sha256), claimed)

    def check_trailer(self, trailer: bytes, claimed: str | None) -> None:
        r"""Check the trailer, given as `name:value\n` lines; raise `SignatureDoesNotMatch`."""
        self._check("AWS4-HMAC-SHA256-TRAILER", (hashlib.sha256(trailer).hexdigest(),), claimed)

    def _check(self, kind: str, hashes: tuple[str, ...], claimed: str | None) -> None:
        credential = self._signed.credential
        text = "\n".join((kind, credential.timestamp, credential.scope, self._previous, *hashes))
        expected = signature(self._signed.signing_key, text)
        if not hmac.compare_digest(expected.encode(), (claimed or "").encode()):
            raise S3Error("SignatureDoesNotMatch")
        self._previous = expected
