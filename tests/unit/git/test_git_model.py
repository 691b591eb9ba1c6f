"""Where secrets may not be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dvc_sync_s3.git.command import git_environment
from dvc_sync_s3.git.model import Address, Author, Credentials, Repository, read_address, without_secrets

TOKEN = "ghp_0123456789abcdefghij"
REPOSITORY = Repository("https://git.example.com/t.git", "main", Author("a", "a@b"), Credentials("ann", TOKEN))


@pytest.mark.parametrize(
    ("url", "username", "token"),
    [
        ("https://ann:p%40ss@h/t.git", "ann", "p@ss"),
        ("HTTP://ann:pw@h:8080/t.git", "ann", "pw"),
        ("https://ann@example.com:pw@h/t.git", "ann@example.com", "pw"),
        ("https://:pw@h/t.git", None, "pw"),
        (f"https://{TOKEN}@h/t.git", None, TOKEN),
        (f"https://{TOKEN}:@h/t.git", None, TOKEN),
        ("https://x-token-auth@bitbucket.org/team/t.git", "x-token-auth", None),
        ("https://a-team-with-quite-a-long-name@dev.azure.com/o/p/_git/t.git", "a-team-with-quite-a-long-name", None),
    ],
)
def test_name_and_token_are_taken_out_of_an_address(url: str, username: str | None, token: str | None) -> None:
    address = read_address(url)
    assert "@" not in address.url
    assert address.url.endswith("t.git")
    assert (address.username, address.token) == (username, token)
    assert token is None or token not in repr(address)


@pytest.mark.parametrize("url", ["git@h:t.git", "ssh://git@h/t.git", "/srv/t.git", "https://h/t.git"])
def test_an_address_without_name_and_token_stays_as_it_is(url: str) -> None:
    assert read_address(url) == Address(url)


def test_credentials_are_never_printed() -> None:
    assert TOKEN not in repr(REPOSITORY)
    assert TOKEN not in without_secrets(f"fatal: 'https://ann:{TOKEN}@h/' {TOKEN}", REPOSITORY.credentials)
    assert without_secrets(f"HTTPS://{TOKEN}@h", None) == "HTTPS://***@h"


def test_git_gets_neither_our_s3_keys_nor_its_callers_repository() -> None:
    parent = {
        "PATH": "/bin",
        "AWS_SECRET_ACCESS_KEY": "s",
        "S3_SECRET": "s",
        "GIT_DIR": "/x",
        "GIT_REPO": "s",
        "HOME": "/h",
    }
    environment = git_environment(parent, REPOSITORY)
    assert environment.items() >= {"PATH": "/bin", "HOME": "/h", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}.items()
    assert not environment.keys() & {"AWS_SECRET_ACCESS_KEY", "S3_SECRET", "GIT_DIR", "GIT_REPO"}


def test_the_helper_answers_only_the_repositorys_server() -> None:
    environment = git_environment({}, REPOSITORY)
    keys = [value for name, value in environment.items() if name.startswith("GIT_CONFIG_KEY_")]
    assert keys.count("credential.https://git.example.com.helper") == 2
    assert "credential.helper" not in keys


def settings_of(environment: dict[str, str]) -> dict[str, str]:
    count = int(environment["GIT_CONFIG_COUNT"])
    return {environment[f"GIT_CONFIG_KEY_{at}"]: environment[f"GIT_CONFIG_VALUE_{at}"] for at in range(count)}


def test_a_name_without_a_token_is_told_to_the_users_own_credential_helper() -> None:
    named = replace(REPOSITORY, credentials=None, username="x-token-auth")
    assert settings_of(git_environment({}, named))["credential.https://git.example.com.username"] == "x-token-auth"
    assert not [name for name in settings_of(git_environment({}, REPOSITORY)) if name.endswith(".username")]


def test_certificates_are_looked_for_from_where_the_service_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert git_environment({"GIT_SSL_CAINFO": "ca.pem"}, REPOSITORY)["GIT_SSL_CAINFO"] == str(tmp_path / "ca.pem")
