"""Requests signed beforehand, the same for every server: signing costs more than answering."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY_ID = SECRET = "S3RVER"
"""What s3rver takes and nothing else; every server is given these."""
BUCKET = "bench"
HOST = "127.0.0.1:9000"
"""The Host header that was signed; servers check the signature over it, wherever they listen."""

_SCOPE = "us-east-1/s3/aws4_request"
_NAMES = "host;x-amz-content-sha256;x-amz-date"


class Signer:
    """Sign requests for one method and one body, as botocore does."""

    def __init__(self, method: str, body: bytes = b"", query: str = "") -> None:
        self._method = method
        self._query = query
        self._body = body
        self._sha256 = hashlib.sha256(body).hexdigest()
        now = datetime.now(UTC)
        self._time, self._day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        key = f"AWS4{SECRET}".encode()
        for part in (self._day, *_SCOPE.split("/")):
            key = hmac.digest(key, part.encode(), "sha256")
        self._key = key

    def head(self, path: str) -> bytes:
        """Return the request for a plain `path`, without its body."""
        signature = self._signature(path)
        target = f"{path}?{self._query}" if self._query else path
        return (
            f"{self._method} {target} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: bench\r\n"
            f"x-amz-content-sha256: {self._sha256}\r\nx-amz-date: {self._time}\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential={KEY_ID}/{self._day}/{_SCOPE}, SignedHeaders={_NAMES}, "
            f"Signature={signature}\r\nContent-Length: {len(self._body)}\r\n\r\n"
        ).encode()

    def _signature(self, path: str) -> str:
        canonical = (
            f"{self._method}\n{path}\n{self._query}\nhost:{HOST}\nx-amz-content-sha256:{self._sha256}\n"
            f"x-amz-date:{self._time}\n\n{_NAMES}\n{self._sha256}"
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self._time}\n{self._day}/{_SCOPE}\n{digest}"
        return hmac.digest(self._key, text.encode(), "sha256").hex()

    def check(self, path: str) -> None:
        """Raise AssertionError if botocore would sign otherwise."""
        url = f"http://{HOST}{path}" + (f"?{self._query}" if self._query else "")
        request = AWSRequest(self._method, url, data=self._body)
        request.headers["X-Amz-Content-SHA256"] = self._sha256
        request.context["timestamp"] = self._time
        auth = SigV4Auth(Credentials(KEY_ID, SECRET), "s3", "us-east-1")
        request.headers["X-Amz-Date"] = self._time
        canonical = auth.canonical_request(request)
        assert auth.signature(auth.string_to_sign(request, canonical), request) == self._signature(path)


def write_requests(file: Path, method: str, keys: Iterable[str], body: bytes = b"", query: str = "") -> None:
    """Write signed requests for `keys` of the bucket into `file`: the body's length, the body, the heads."""
    signer = Signer(method, body, query)
    signer.check(f"/{BUCKET}/check")
    heads = [signer.head(f"/{BUCKET}/{key}" if key else f"/{BUCKET}") for key in keys]
    file.write_bytes(b"%d\n" % len(body) + body + b"\0".join(heads))


def read_requests(file: Path) -> Sequence[bytes]:
    """Return the whole requests that `write_requests` wrote."""
    size, _, rest = file.read_bytes().partition(b"\n")
    body = rest[: int(size)]
    return [head + body for head in rest[int(size) :].split(b"\0")]
