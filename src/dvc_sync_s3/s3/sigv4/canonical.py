"""The canonical request, the string to sign, the signing key: pure, as the documentation writes them.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Callable, Collection
from functools import lru_cache
from operator import itemgetter
from string import ascii_letters, digits
from urllib.parse import quote, unquote_to_bytes

from msgspec import Struct

from dvc_sync_s3.s3.request import Headers

ALGORITHM = "AWS4-HMAC-SHA256"
_PLAIN = f"{ascii_letters}{digits}/._~-".encode()
"""What is the same encoded."""
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


def canonical_request(
    method: str,
    raw_path: bytes,
    query: Collection[tuple[str, str]],
    headers: Headers,
    signed_headers: tuple[str, ...],
    payload_hash: str,
) -> str:
    """Return the canonical request; `query` is without the signature itself."""
    values_of, form, names = _form(signed_headers)
    try:
        lines = form % values_of(headers)
    except KeyError:  # one that didn't come
        lines = ""
    if not lines or not lines.isascii() or "  " in lines or "\t" in lines:
        lines = "".join([f"{name}:{_value(headers.get(name, ''))}\n" for name in signed_headers])
    path, words = canonical_path(raw_path), canonical_query(query) if query else ""
    return f"{method}\n{path}\n{words}\n{lines}\n{names}\n{payload_hash}"


@lru_cache(maxsize=64)
def _form(names: tuple[str, ...]) -> tuple[Callable[[Headers], object], str, str]:
    """Return what takes the values of headers, their lines with places for these, and their names in one text."""
    lines = "".join([f"{name.replace('%', '%%')}:%s\n" for name in names])
    return itemgetter(*names), lines, ";".join(names)


def canonical_path(raw_path: bytes) -> str:
    """Encode a path once, as S3 does: whatever the client left bare or encoded too much comes out the same.

    >>> canonical_path(b"/b/a%20b~%7e+c//d")
    '/b/a%20b~~%2Bc//d'
    """
    if raw_path and not raw_path.translate(None, _PLAIN):
        return raw_path.decode("ascii")
    return quote(unquote_to_bytes(raw_path), safe="/-_.~") or "/"


def canonical_query(query: Collection[tuple[str, str]]) -> str:
    """Encode and sort a query.

    >>> canonical_query([("prefix", "a b"), ("delimiter", "/"), ("acl", "")])
    'acl=&delimiter=%2F&prefix=a%20b'
    """
    if not query:
        return ""
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query)
    return "&".join(f"{name}={value}" for name, value in pairs)


def _value(value: str) -> str:
    # Clients sign UTF-8. Some send that too; botocore sends Latin-1, which then is no UTF-8.
    with contextlib.suppress(UnicodeDecodeError):
        value = value.encode("latin-1").decode()
    return " ".join(value.split())


def is_hex_sha256(text: str) -> bool:
    """Tell whether this is how signatures and requests write a SHA-256.

    >>> is_hex_sha256(EMPTY_SHA256), is_hex_sha256(EMPTY_SHA256.upper()), is_hex_sha256("e3b0")
    (True, False, False)
    """
    try:
        return len(text) == 64 and bytes.fromhex(text).hex() == text
    except ValueError:
        return False


@lru_cache(maxsize=64)
def signing_key(secret: str, scope: str) -> bytes:
    """Derive the key for one day, region and service, `YYYYMMDD/<region>/s3/aws4_request`.

    Remembered, for it is most of the work of a signature.
    """
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def signature(key: bytes, text: str) -> str:
    """Sign `text`, in hexadecimal, with a key of `signing_key`.

    The key is digested once, not with each signature; and Python's digest of a short text, unlike its HMAC, doesn't let
    go of the interpreter's lock.

    >>> signature(b"key", "The quick brown fox jumps over the lazy dog")[:16]
    'f7bc83f430538424'
    """
    return _finish(*_keyed(key), text)


class RequestSigner(Struct, frozen=True):
    """What signs the requests of one key in one second."""

    key: bytes
    """That of `signing_key`."""
    inner: hashlib._Hash
    """The inner digest of the signature up to the hash of the canonical request."""
    outer: hashlib._Hash
    """The outer one, which takes the inner one's end."""

    def __repr__(self) -> str:
        """Leave out the key."""
        return "RequestSigner()"

    def sign(self, request: str) -> str:
        """Return the signature of a canonical request, in hexadecimal."""
        return _finish(self.inner, self.outer, hashlib.sha256(request.encode()).hexdigest())


@lru_cache(maxsize=256)
def request_signer(secret: str, time: str, scope: str) -> RequestSigner:
    """Begin what every string to sign of a second begins with; remembered, for clients sign many requests in one.

    `time` is `YYYYMMDDTHHMMSSZ`, `scope` as for `signing_key`.

    >>> request_signer("not a secret", "20130524T000000Z", "20130524/us-east-1/s3/aws4_request").sign("GET")[:16]
    'a8d0c236d0d10968'
    """
    key = signing_key(secret, scope)
    inner, outer = _keyed(key)
    begun = inner.copy()
    begun.update(f"{ALGORITHM}\n{time}\n{scope}\n".encode())
    return RequestSigner(key, begun, outer)


@lru_cache(maxsize=64)
def _keyed(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Begin an HMAC-SHA256 (RFC 2104) with a key no longer than a block: its inner and its outer digest."""
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    return hashlib.sha256(block.translate(hmac.trans_36)), hashlib.sha256(block.translate(hmac.trans_5C))


def _finish(inner: hashlib._Hash, outer: hashlib._Hash, text: str) -> str:
    """End an HMAC that was begun, which stays as it is, with `text`."""
    inner, outer = inner.copy(), outer.copy()
    inner.update(text.encode())
    outer.update(inner.digest())
    return outer.hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
