"""Whether a claim holds: the right key, the right time, the right signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

from dvc_sync_s3.s3.access.accounts import MAIN, Account
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import S3Request
from dvc_sync_s3.s3.sigv4.canonical import Scope, canonical_request, signature, signing_key, string_to_sign
from dvc_sync_s3.s3.sigv4.claim import Claim, read_claim

_MAX_SKEW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The key pairs that may sign: access key id → secret."""

    secrets: Mapping[str, str] = field(repr=False)
    read_only: frozenset[str] = frozenset()
    """The access key ids that may change nothing."""
    accounts: Mapping[str, Account] = field(default_factory=dict)
    """Access key id → whose it is; the main account's are left out."""

    def account(self, access_key_id: str) -> Account:
        """Return whose the key is."""
        return self.accounts.get(access_key_id, MAIN)


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signature holds, with what the signatures of its chunks need."""

    access_key_id: str
    payload_hash: str
    signature: str
    timestamp: str
    scope: Scope
    signing_key: bytes = field(repr=False)


def verify(request: S3Request, keyring: Keyring, now: datetime) -> Signed:
    """Return who signed the request; raise `S3Error` with AWS's code if the signature does not hold."""
    claim = read_claim(request)
    secret = keyring.secrets.get(claim.access_key_id)
    if secret is None:
        raise S3Error("InvalidAccessKeyId")
    _check_time(claim, now)
    _check_signed_headers(claim, request)
    key = signing_key(secret, claim.scope)
    expected = signature(key, string_to_sign(claim.timestamp, claim.scope, _canonical(claim, request)))
    if not (claim.signature.isascii() and compare_digest(expected, claim.signature)):
        raise S3Error("SignatureDoesNotMatch")
    return Signed(claim.access_key_id, claim.payload_hash, claim.signature, claim.timestamp, claim.scope, key)


def _canonical(claim: Claim, request: S3Request) -> str:
    query = []
    if request.query:
        query = [(name, value) for name, value in request.query.multi_items() if name != "X-Amz-Signature"]
    return canonical_request(
        request.method, request.raw_path, query, request.headers, claim.signed_headers, claim.payload_hash
    )


def _check_time(claim: Claim, now: datetime) -> None:
    if claim.expires_after is None:
        if abs(now - claim.time) > _MAX_SKEW:
            raise S3Error("RequestTimeTooSkewed")
    elif claim.time - now > _MAX_SKEW:
        raise S3Error("AccessDenied", "Request is not valid yet")
    elif now - claim.time > claim.expires_after:
        raise S3Error("AccessDenied", "Request has expired")


def _check_signed_headers(claim: Claim, request: S3Request) -> None:
    """Refuse headers that matter to S3 but which anyone on the way could have added."""
    signed = claim.signed_headers
    unsigned = [name for name in request.headers if name.startswith("x-amz-") and name not in signed]
    if unsigned and claim.expires_after is not None:
        unsigned = [name for name in unsigned if name != "x-amz-content-sha256"]
    if unsigned or "host" not in signed:
        names = ", ".join(sorted({*unsigned, *({"host"} - {*signed})}))
        raise S3Error("AccessDenied", f"There were headers present in the request which were not signed: {names}")
