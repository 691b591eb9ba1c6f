"""Who may sign: the main pair and the extra ones."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from dvc_sync_s3.app.keys import KeyPair, keyring
from dvc_sync_s3.settings import Settings


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
