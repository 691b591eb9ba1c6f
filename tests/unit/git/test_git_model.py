"""Where secrets may not be."""

from __future__ import annotations

import pytest

from dvc_sync_s3.git.command import git_environment
from dvc_sync_s3.git.model import Author, Credentials, Repository, split_credentials, without_secrets

TOKEN = "ghp_0123456789abcdefghij"
REPOSITORY = Repository("https://git.example.com/t.git", "main", Author("a", "a@b"), Credentials("ann", TOKEN))


@pytest.mark.parametrize(
    ("url", "username", "token"),
    [
        ("https://ann:p%40ss@h/t.git", "ann", "p@ss"),
        ("http://ann:pw@h:8080/t.git", "ann", "pw"),
        (f"https://{TOKEN}@h/t.git", "x-access-token", TOKEN),
        (f"https://{TOKEN}:@h/t.git", "x-access-token", TOKEN),
    ],
)
def test_a_token_in_the_url_is_taken_out(url: str, username: str, token: str) -> None:
    clean, credentials = split_credentials(url)
    assert "@" not in clean
    assert clean.endswith("/t.git")
    assert credentials == Credentials(username, token)


@pytest.mark.parametrize(
    "url", ["git@h:t.git", "ssh://git@h/t.git", "/srv/t.git", "https://h/t.git", "https://ann@h/t"]
)
def test_a_url_without_a_token_stays_as_it_is(url: str) -> None:
    assert split_credentials(url) == (url, None)


def test_credentials_are_never_printed() -> None:
    assert TOKEN not in repr(REPOSITORY)
    assert TOKEN not in without_secrets(f"fatal: 'https://ann:{TOKEN}@h/' {TOKEN}", REPOSITORY.credentials)


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
