"""What a first start makes, and what it says."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from dvc_sync_s3.app.greeting import Greeting, listening_on
from dvc_sync_s3.app.ground import prepare
from dvc_sync_s3.app.keys import KeyPair, key_pair
from dvc_sync_s3.app.playground import make_playground
from dvc_sync_s3.app.team import remote_settings, repository
from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.settings import Settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def settings(**values: str) -> Settings:
    return Settings.model_validate({"s3_data_folder": "objects", **values})


def test_keys_are_made_once_and_kept_for_their_owner_alone(tmp_path: Path) -> None:
    made = key_pair(settings(), tmp_path)
    assert key_pair(settings(), tmp_path) == made
    assert made.is_generated
    assert len(made.secret) >= 40
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_keys_from_the_settings_are_not_written_anywhere(tmp_path: Path) -> None:
    given = settings(aws_access_key_id="id", aws_secret_access_key="s3cret")
    assert key_pair(given, tmp_path) == KeyPair("id", "s3cret", is_generated=False)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_key_file_stops_the_start_instead_of_changing_the_keys(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match="damaged"):
        key_pair(settings(), tmp_path)


def test_the_playground_is_a_repository_with_dvc_and_a_remote_in_a_folder(tmp_path: Path) -> None:
    made = make_playground(tmp_path / "playground", "main")
    config = subprocess.run(
        ("git", "-C", str(made.repository), "show", "main:.dvc/config"), check=True, capture_output=True, text=True
    ).stdout
    assert str(made.remote) in config
    assert made.remote.is_dir()
    head = (made.repository / "HEAD").read_text(encoding="utf-8")
    assert make_playground(tmp_path / "playground", "main") == made
    assert (made.repository / "HEAD").read_text(encoding="utf-8") == head
    assert sorted(item.name for item in (tmp_path / "playground").iterdir()) == ["dvc-remote", "team.git"]


def test_a_layout_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="DVC_DATASET"):
        prepare(settings(git_repo="r", dvc_dataset="data/data.parquet"))


def test_a_data_folder_that_is_a_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="S3_DATA_FOLDER"):
        prepare(settings(git_repo="r"))


def test_a_token_in_the_url_and_another_in_the_settings_stop_the_start() -> None:
    with pytest.raises(SettingsError, match="two different tokens") as caught:
        repository(settings(git_repo="https://me:token-one@host/r.git", git_pat_token="token-two"))
    assert "token-one" not in str(caught.value)


def test_a_token_in_the_url_becomes_credentials() -> None:
    team = repository(settings(git_repo="https://me:token-one@host//team/r.git", git_pat_token="token-one"))
    assert team.url == "https://host//team/r.git"
    assert team.credentials is not None
    assert (team.credentials.username, team.credentials.token) == ("me", "token-one")


def test_commits_are_by_the_name_of_the_token_unless_told_otherwise() -> None:
    assert repository(settings(git_repo="r", git_pat_name="labels-bot")).author.name == "labels-bot"
    assert repository(settings(git_repo="r", git_pat_name="b", git_author_name="Bot")).author.name == "Bot"


def test_a_google_key_given_as_text_becomes_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    key = '{"client_email": "a@b.c"}'
    made = remote_settings(settings(git_repo="r", dvc_gcp_service_account_key=key), tmp_path)
    assert made.gcs_credentials_file is not None
    assert made.gcs_credentials_file.read_text(encoding="utf-8") == key
    if os.name == "posix":
        assert stat.S_IMODE(made.gcs_credentials_file.stat().st_mode) == 0o600


def test_the_greeting_tells_made_keys_and_hides_given_ones(tmp_path: Path) -> None:
    made = key_pair(settings(), tmp_path)
    playground = make_playground(tmp_path / "playground", "main")
    text = Greeting("127.0.0.1:8000", settings(), made, playground).text()
    for part in ("http://127.0.0.1:8000", "annotations", made.access_key_id, made.secret, "git clone", "dvc pull"):
        assert part in text
    given = KeyPair("id", "s3cret", is_generated=False)
    with_token = settings(git_repo="https://me:tokentokentoken@host/r.git")
    text = Greeting("127.0.0.1:8000", with_token, given, None).text()
    assert "https://host/r.git" in text
    assert "s3cret" not in text
    assert "tokentokentoken" not in text


@pytest.mark.parametrize("arguments", [["--port=9000"], ["main:app", "--port", "9000", "--reload", "--workers", "2"]])
def test_the_greeting_knows_the_port_given_to_uvicorn(arguments: list[str]) -> None:
    assert listening_on(settings(), ["uvicorn", *arguments]) == "127.0.0.1:9000"
