"""The settings of Git in the words of the package that uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvc_sync_s3.app.team import repository, target
from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.git.model import Author, Credentials, HostKind, MessageRules, Proposing, Signing
from dvc_sync_s3.settings import Settings

URL = "https://github.com/team/data.git"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def settings(**values: object) -> Settings:
    return Settings.model_validate({"git_repo": URL, **values})


def test_a_signing_key_that_is_a_file_is_an_ssh_key_and_any_other_a_gpg_key(tmp_path: Path) -> None:
    key = tmp_path / "signing_key"
    key.touch()
    assert repository(settings(git_signing_key="signing_key")).signing == Signing(True, str(key), "ssh")
    assert repository(settings(git_signing_key="0123ABCD")).signing == Signing(True, "0123ABCD", "openpgp")
    assert repository(settings()).signing == Signing()
    assert repository(settings(git_sign_commits=False)).signing == Signing(is_wanted=False)


def test_a_committer_is_the_author_unless_named() -> None:
    assert repository(settings()).committer is None
    named = repository(settings(git_committer_name="CI", git_committer_email="ci@example.com"))
    assert named.committer == Author("CI", "ci@example.com")


def test_a_merge_request_finds_its_host_in_the_address() -> None:
    found = repository(settings(git_merge_request=True, git_pat_token="t")).proposing
    assert found == Proposing("dvc-sync/main", HostKind.GITHUB, "https://api.github.com")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"git_merge_request": True}, "GIT_PAT_TOKEN is missing"),
        ({"git_merge_request": True, "git_repo": "https://git.example.com/a/b.git"}, "GIT_HOST_KIND is missing"),
        ({"git_ssh_key_file": "key"}, "GIT_SSH_KEY_FILE is set, but GIT_REPO is no address for ssh"),
    ],
)
def test_what_can_not_work_is_refused_at_start(values: dict[str, object], said: str) -> None:
    Path("key").touch()
    with pytest.raises(SettingsError, match=said):
        repository(settings(**values))


TOKEN = "ghp_0123456789abcdefghij"
BITBUCKET = "https://x-token-auth@bitbucket.org/team/data.git"


@pytest.mark.parametrize(
    ("values", "credentials"),
    [
        ({"git_pat_token": "t"}, Credentials("dvc-sync", "t")),
        ({"git_repo": BITBUCKET, "git_pat_token": "t"}, Credentials("x-token-auth", "t")),
        ({"git_repo": BITBUCKET, "git_pat_token": "t", "git_pat_name": "ann"}, Credentials("ann", "t")),
        ({"git_repo": "https://ann:t@host/data.git"}, Credentials("ann", "t")),
        ({"git_repo": f"https://{TOKEN}@host/data.git"}, Credentials("dvc-sync", TOKEN)),
        ({"git_repo": BITBUCKET}, None),
    ],
)
def test_a_token_goes_with_the_name_that_was_given(values: dict[str, object], credentials: Credentials | None) -> None:
    found = repository(settings(**values))
    assert "@" not in found.url
    assert found.credentials == credentials


def test_a_relative_path_begins_where_the_service_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert repository(settings(git_repo="./team.git")).url == str(tmp_path / "team.git")
    assert repository(settings(git_repo="~/team.git")).url == str(tmp_path / "home/team.git")
    for as_it_is in ("git@host:team.git", "ssh://host/team.git", "file:///srv/team.git", URL):
        assert repository(settings(git_repo=as_it_is)).url == as_it_is


def test_what_the_teams_rules_want_of_messages_is_told() -> None:
    asked = settings(git_commit_prefix="chore(data):", git_sign_off=True)
    assert repository(asked).message_rules == MessageRules("chore(data):", signs_off=True)
    assert repository(settings()).message_rules == MessageRules()


@pytest.mark.parametrize(
    "change",
    [
        {"git_repo": "https://git.example.com/team/other.git"},
        {"git_branch": "other"},
        {"git_merge_request": True, "git_pat_token": "s3cret"},
        {"git_merge_request": True, "git_pat_token": "s3cret", "git_merge_request_branch": "side"},
    ],
)
def test_another_repository_branch_or_side_branch_is_another_target(change: dict[str, object]) -> None:
    assert target(repository(settings(**change))) != target(repository(settings()))


def test_a_new_token_is_no_new_target() -> None:
    assert target(repository(settings(git_pat_token="another"))) == target(repository(settings()))
