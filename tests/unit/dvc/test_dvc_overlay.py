"""What the settings lay over the repository's options."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.overlay import overlaid, scheme_of
from dvc_sync_s3.errors import Blocked


def refusal(url: str, option: str, value: object) -> Blocked:
    with pytest.raises(Blocked, match=option) as caught:
        overlaid({"url": url}, RemoteSettings(options={option: value}))
    assert caught.value.hint
    return caught.value


def test_the_settings_win_over_the_repository() -> None:
    found = {"url": "azure://c/dvc", "account_name": "team", "account_key": "old"}
    options = overlaid(found, RemoteSettings(options={"account_key": "new"}))
    assert (options["account_name"], options["account_key"]) == ("team", "new")
    assert found["account_key"] == "old"


def test_the_general_options_win_over_the_named_settings() -> None:
    settings = RemoteSettings(s3_endpoint="https://named", options={"endpointurl": "https://general"})
    assert overlaid({"url": "s3://b/dvc"}, settings)["endpointurl"] == "https://general"


def test_settings_of_another_kind_of_remote_are_left_out() -> None:
    settings = RemoteSettings(s3_access_key_id="k", s3_secret_access_key="s", gcs_credentials_file=Path("key.json"))
    assert overlaid({"url": "azure://c/dvc"}, settings) == {"url": "azure://c/dvc"}


@pytest.mark.parametrize(
    ("url", "option", "expected"), [("s3://b/dvc", "connect_timeout", 10), ("ssh://h/dvc", "timeout", 30)]
)
def test_a_server_that_is_not_there_is_given_up_soon_unless_the_repository_says_otherwise(
    url: str, option: str, expected: int
) -> None:
    assert overlaid({"url": url}, RemoteSettings())[option] == expected
    assert overlaid({"url": url, option: 77}, RemoteSettings())[option] == 77


def test_nobody_is_asked_for_a_password() -> None:
    options = overlaid({"url": "ssh://h/dvc", "ask_password": True, "ask_passphrase": True}, RemoteSettings())
    assert (options["ask_password"], options["ask_passphrase"]) == (False, False)


def test_an_option_that_dvc_does_not_know_for_this_kind_is_named_with_those_it_knows() -> None:
    assert "connection_string" in refusal("azure://c/dvc", "conection_string", "secret").hint


def test_a_value_that_dvc_does_not_take_is_not_repeated() -> None:
    assert "se-cret" not in str(refusal("ssh://h/dvc", "port", "se-cret"))


@pytest.mark.parametrize("option", ["url", "version_aware", "worktree"])
def test_what_whoever_pulls_must_know_too_belongs_into_the_repository(option: str) -> None:
    assert "dvc remote modify" in refusal("s3://b/dvc", option, "true").hint


def test_a_path_is_the_services_own() -> None:
    options = overlaid({"url": "ssh://h/dvc"}, RemoteSettings(options={"keyfile": "keys/id"}))
    assert options["keyfile"] == str(Path("keys/id").absolute())


def test_a_kind_of_remote_that_dvc_does_not_know_is_refused() -> None:
    with pytest.raises(Blocked, match="ftp://") as caught:
        scheme_of("ftp://host/dvc")
    assert "azure://" in caught.value.hint
