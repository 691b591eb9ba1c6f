"""Who may sign: the main pair and the extra ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pydantic import SecretStr

from dvc_sync_s3.app.keys import KeyPair, keyring, refusal
from dvc_sync_s3.s3.access.accounts import named_account
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.settings import Settings
from tests.unit.s3.asgi import scope_of


@pytest.mark.parametrize(
    ("extra", "secrets", "read_only"),
    [
        (None, {"main": "m"}, set()),
        ("a:1:rw,b:2:ro", {"main": "m", "a": "1", "b": "2"}, {"b"}),
        ("main:1:ro", {"main": "m"}, set()),
    ],
)
def test_an_extra_key_may_do_what_it_says_and_never_replaces_the_main_one(
    extra: str | None, secrets: dict[str, str], read_only: set[str]
) -> None:
    settings = Settings(s3_extra_keys=None if extra is None else SecretStr(extra))

    made = keyring(KeyPair("main", "m", is_generated=True), settings)

    assert made.secrets == secrets
    assert made.read_only == read_only


def test_a_key_is_the_main_accounts_unless_it_names_another_and_names_are_the_same_at_every_start() -> None:
    settings = Settings(s3_extra_keys=SecretStr("a:1:rw,b:2:ro:labs,c:3:rw:labs,d:4:rw:dvc-sync-s3"))

    made = [keyring(KeyPair("main", "m", is_generated=True), settings) for _ in range(2)]

    names = [made[0].account(key).name for key in ("main", "a", "b", "c", "d")]
    assert names == ["dvc-sync-s3", "dvc-sync-s3", "labs", "labs", "dvc-sync-s3"]
    assert made[0] == made[1]
    assert len({made[0].account(key).id for key in ("main", "b")}) == 2


RING = Keyring(
    {"main": "m", "other": "o", "reader": "r", "ann": "a"},
    read_only=frozenset({"reader"}),
    accounts={"ann": named_account("ann")},
)


def asked(key_id: str, secret: str, headers: Mapping[str, str] = MappingProxyType({})) -> str | None:
    """Return what is said to a request for a sync that botocore signs, with other `headers` in place of its own."""
    request = AWSRequest("POST", "http://127.0.0.1:8000/-/sync")
    S3SigV4Auth(Credentials(key_id, secret), "s3", "us-east-1").add_auth(request)
    return refusal(scope_of("POST", request.url, {**dict(request.headers), **headers}), RING, datetime.now(UTC))


@pytest.mark.parametrize(("key_id", "secret"), [("main", "m"), ("other", "o")])
def test_a_key_that_may_write_and_is_the_main_accounts_may_ask_for_a_sync(key_id: str, secret: str) -> None:
    assert asked(key_id, secret) is None


@pytest.mark.parametrize(
    ("key_id", "secret", "said"),
    [
        ("reader", "r", "AccessDenied"),
        ("ann", "a", "AccessDenied"),
        ("main", "wrong", "SignatureDoesNotMatch"),
        ("nobody", "m", "InvalidAccessKeyId"),
    ],
)
def test_nobody_else_may_ask_for_a_sync(key_id: str, secret: str, said: str) -> None:
    assert (asked(key_id, secret) or "").startswith(said)


def test_what_nobody_signed_or_was_signed_for_something_else_may_not_ask_for_a_sync() -> None:
    assert (refusal(scope_of("POST", "http://127.0.0.1/-/sync"), RING, datetime.now(UTC)) or "").startswith("Access")
    assert (asked("main", "m", {"host": "elsewhere"}) or "").startswith("SignatureDoesNotMatch")
