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
