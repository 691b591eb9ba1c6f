"""Requests with the headers that boto3 sends, signed beforehand, for a client that only writes bytes."""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

ACCESS_KEY_ID, SECRET, BUCKET = "BENCH", "not a secret", "bench"
REGION = "us-east-1"
_USER_AGENT = "Boto3/1.43 md/Botocore#1.43 ua/2.1 os/linux md/arch#x86_64 lang/python#3.11"


class Target(NamedTuple):
    """Which server, how many keys, bodies of how many bytes, and the query of a list."""

    port: int
    objects: int
    size_bytes: int
    query: str


def signed_requests(operation: str, target: Target, path: Path) -> Path:
    """Write the shared body and the head of each request, each after its length, as `wrk.lua` reads them."""
    body = os.urandom(target.size_bytes) if operation == "put" else b""
    signer = _Signer(target, hashlib.sha256(body).hexdigest(), datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
    with path.open("wb") as file:
        file.write(b"%d\n%s" % (len(body), body))
        for number in range(1 if operation == "list" else target.objects):
            if operation == "put":
                head = signer.head("PUT", f"/{BUCKET}/out/{number}", "", len(body))
            elif operation == "get":
                head = signer.head("GET", f"/{BUCKET}/out/{number}", "", None)
            else:
                head = signer.head("GET", f"/{BUCKET}", target.query, None)
            file.write(b"%d\n%s" % (len(head), head))
    return path


class _Signer:
    def __init__(self, target: Target, sha256: str, time: str) -> None:
        self._host = f"127.0.0.1:{target.port}"
        self._sha256 = sha256
        self._time = time
        self._scope = f"{time[:8]}/{REGION}/s3/aws4_request"
        self._key = f"AWS4{SECRET}".encode()
        for part in self._scope.split("/"):
            self._key = hmac.digest(self._key, part.encode(), "sha256")

    def head(self, method: str, path: str, query: str, size: int | None) -> bytes:
        """Return the request line and headers; `query` in canonical form."""
        headers = {
            "amz-sdk-invocation-id": "a6a2b1c2-6d5f-4c39-8b8e-0d3c9a1f2e3d",
            "amz-sdk-request": "attempt=1",
            "host": self._host,
            "user-agent": _USER_AGENT,
            "x-amz-content-sha256": self._sha256,
            "x-amz-date": self._time,
        }
        if size is not None:
            headers |= {"content-length": str(size), "x-amz-sdk-checksum-algorithm": "CRC32"}
        names = sorted(name for name in headers if name.startswith("x-amz-") or name == "host")
        lines = [f"{name}:{headers[name]}" for name in names]
        signed = ";".join(names)
        canonical = "\n".join([method, path, query, *lines, "", signed, self._sha256])
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self._time}\n{self._scope}\n{digest}"
        signature = hmac.digest(self._key, text.encode(), "sha256").hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/{self._scope}, SignedHeaders={signed}, Signature={signature}"
        )
        target = f"{path}?{query}" if query else path
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{method} {target} HTTP/1.1\r\n{fields}\r\n".encode()
