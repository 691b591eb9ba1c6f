"""Whether a claim holds: the right key, the right time, the right signature."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hmac import compare_digest

from msgspec import Struct

from dvc_sync_s3.s3.access.accounts import MAIN, Account
from dvc_sync_s3.s3.errors import Extras, S3Error
from dvc_sync_s3.s3.request import NO_QUERY, S3Request
from dvc_sync_s3.s3.sigv4.canonical import ALGORITHM, canonical_request, request_signer
from dvc_sync_s3.s3.sigv4.claim import UNSIGNED_PAYLOAD, Claim, Credential, read_claim

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


class Signed(Struct, frozen=True):
    """A request whose signature holds, with what the signatures of its chunks need."""

    credential: Credential
    payload_hash: str
    signature: str
    signing_key: bytes

    def __repr__(self) -> str:
        """Leave out the key."""
        return f"Signed({self.credential!r}, {self.payload_hash!r})"


def verify(request: S3Request, keyring: Keyring, now: datetime) -> Signed:
    """Return who signed the request; raise `S3Error` with AWS's code if the signature does not hold."""
    return verify_claim(read_claim(request), request, keyring, now)


def verify_claim(claim: Claim, request: S3Request, keyring: Keyring, now: datetime) -> Signed:
    """Do the same for what the request is known to claim."""
    credential = claim.credential
    secret = keyring.secrets.get(credential.access_key_id)
    if secret is None:
        raise S3Error("InvalidAccessKeyId", extras=(("AWSAccessKeyId", credential.access_key_id),))
    _check_time(claim, now)
    _check_signed_headers(claim, request)
    signer = request_signer(secret, credential.timestamp, credential.scope)
    if not any(_holds(claim.signature, signer.sign(_canonical(claim, request, said))) for said in _payloads(claim)):
        raise S3Error("SignatureDoesNotMatch", extras=_what_we_signed(claim, request))
    return Signed(credential, claim.payload_hash, claim.signature, signer.key)


def _what_we_signed(claim: Claim, request: S3Request) -> Extras:
    """Return what a client compares with its own to find its mistake; no key is in it."""
    canonical, credential = _canonical(claim, request, claim.payload_hash), claim.credential
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{credential.timestamp}\n{credential.scope}\n{digest}"
    return (
        ("AWSAccessKeyId", credential.access_key_id),
        ("StringToSign", text),
        ("SignatureProvided", claim.signature),
        ("StringToSignBytes", text.encode().hex(" ")),
        ("CanonicalRequest", canonical),
        ("CanonicalRequestBytes", canonical.encode().hex(" ")),
    )


def _holds(claimed: str, expected: str) -> bool:
    return claimed.isascii() and compare_digest(expected, claimed)


def _payloads(claim: Claim) -> tuple[str, ...]:
    """Return what may have been signed for the body: an address is mostly presigned before its hash is known."""
    if claim.expires_after is None or claim.payload_hash == UNSIGNED_PAYLOAD:
        return (claim.payload_hash,)
    return (claim.payload_hash, UNSIGNED_PAYLOAD)


def _canonical(claim: Claim, request: S3Request, payload_hash: str) -> str:
    query: Sequence[tuple[str, str]] = ()
    if request.query is not NO_QUERY:
        query = [(name, value) for name, value in request.query.multi_items() if name != "X-Amz-Signature"]
    signed_headers = claim.credential.signed_headers
    return canonical_request(request.method, request.raw_path, query, request.headers, signed_headers, payload_hash)


def _check_time(claim: Claim, now: datetime) -> None:
    time = claim.credential.time
    if claim.expires_after is None:
        if abs(now - time) > _MAX_SKEW:
            skew_ms = int(_MAX_SKEW.total_seconds() * 1000)
            asked_at = ("RequestTime", claim.credential.timestamp)
            raise S3Error(
                "RequestTimeTooSkewed",
                extras=(asked_at, _server_time(now), ("MaxAllowedSkewMilliseconds", str(skew_ms))),
            )
    elif time - now > _MAX_SKEW:
        raise S3Error("AccessDenied", "Request is not valid yet")
    elif now - time > claim.expires_after:
        expires_s, expired_at = claim.expires_after.total_seconds(), time + claim.expires_after
        told = ("X-Amz-Expires", f"{expires_s:.0f}"), ("Expires", f"{expired_at:%Y-%m-%dT%H:%M:%SZ}"), _server_time(now)
        raise S3Error("AccessDenied", "Request has expired", extras=told)


def _server_time(now: datetime) -> tuple[str, str]:
    return "ServerTime", f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _check_signed_headers(claim: Claim, request: S3Request) -> None:
    """Refuse headers that matter to S3 but which anyone on the way could have added."""
    unsigned = _unsigned(tuple(request.headers), claim.credential.signed_headers)
    if unsigned and claim.expires_after is not None:
        unsigned = unsigned - request.hoisted - {"x-amz-content-sha256"}
    if unsigned:
        names = ", ".join(sorted(unsigned))
        raise S3Error("AccessDenied", f"There were headers present in the request which were not signed: {names}")


@lru_cache(maxsize=256)
def _unsigned(names: tuple[str, ...], signed: tuple[str, ...]) -> frozenset[str]:
    """Return which headers that must be signed aren't; remembered, for a client sends the same ones again and again."""
    return frozenset(name for name in ("host", *names) if name == "host" or name.startswith("x-amz-")) - {*signed}
