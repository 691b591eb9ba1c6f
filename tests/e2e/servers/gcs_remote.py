"""Google Cloud Storage as far as DVC needs it: the emulator behind OAuth2 for a service account.

The token endpoint checks the assertion as https://developers.google.com/identity/protocols/oauth2/service-account
describes, and the storage refuses whoever doesn't bring a token from it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage
from google.auth import jwt

from tests.e2e.servers.loopback import serving

SERVICE_ACCOUNT = "dvc@example.iam.gserviceaccount.com"
PROJECT = "example"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""google-auth writes this into every assertion, whatever the credentials' token_uri says."""


@dataclass(frozen=True, slots=True)
class TokenCall:
    """One request for an access token that was granted: who asked, for what."""

    issuer: str
    scope: str


@dataclass(slots=True)
class Grants:
    """The key that assertions must be signed with, and the tokens given for them."""

    public_key: bytes
    tokens: set[str] = field(default_factory=set)
    calls: list[TokenCall] = field(default_factory=list)
    refused: int = 0
    """Requests to the storage without a granted token."""


@dataclass(frozen=True, slots=True)
class GcsRemote:
    """A bucket, the credentials file that opens it, and what the token endpoint saw."""

    endpoint_url: str
    bucket: str
    credentials: Path
    grants: Grants


class _TokenHandler(BaseHTTPRequestHandler):
    def __init__(self, grants: Grants, *args: Any) -> None:
        self.grants = grants
        super().__init__(*args)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        try:
            claims = _claims(form["assertion"][0], self.grants.public_key)
        except (KeyError, ValueError) as error:
            self._answer(400, {"error": "invalid_grant", "error_description": str(error)})
            return
        token = secrets.token_hex(16)
        self.grants.tokens.add(token)
        self.grants.calls.append(TokenCall(claims["iss"], claims["scope"]))
        self._answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _answer(self, status: int, body: dict[str, str | int]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        """Print nothing: `Grants.calls` is the record."""


class _GuardedStorage(RequestHandler):  # type: ignore[misc]  # the emulator carries no types
    def __init__(self, grants: Grants, *args: Any) -> None:
        self.grants = grants
        super().__init__(*args)

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if self.headers.get("Authorization", "").removeprefix("Bearer ") in self.grants.tokens:
            return True
        self.grants.refused += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_error(401, "Invalid Credentials")
        return False


def _claims(assertion: str, public_key: bytes) -> Mapping[str, str]:
    """Return what a signed assertion says; raises ValueError if signature, times or audience are wrong."""
    claims: Mapping[str, str] = jwt.decode(assertion, certs=public_key, audience=AUDIENCE)  # type: ignore[no-untyped-call]
    return claims


def _write_service_account(path: Path, token_uri: str) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": secrets.token_hex(20),
        "private_key": private.decode(),
        "client_email": SERVICE_ACCOUNT,
        "client_id": "1",
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(account), "utf-8")
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def serve_gcs(folder: Path, *, bucket: str) -> Iterator[GcsRemote]:
    """Serve one empty bucket from memory until the block ends; the credentials file is put in `folder`."""
    storage = Storage(use_memory_fs=True)
    create_bucket(bucket, storage)
    grants = Grants(public_key=b"")
    credentials = folder / "service-account.json"
    with ExitStack() as stack:
        token_url = stack.enter_context(serving(partial(_TokenHandler, grants)))
        grants.public_key = _write_service_account(credentials, f"{token_url}/token")
        storage_url = stack.enter_context(serving(partial(_GuardedStorage, grants, storage)))
        yield GcsRemote(storage_url, bucket, credentials, grants)
