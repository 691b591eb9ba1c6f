"""Settings: from `.env` and the environment, as users write them."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.settings import ExtraKey, Settings, read_settings

Env = Callable[..., Settings]

GOOGLE_KEY = '{"type": "service_account", "private_key": "-----BEGIN-----\\nabc\\n", "client_email": "a@b.c"}'


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def dotenv(*lines: str) -> Settings:
    Path(".env").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_settings()


def refusal(*lines: str) -> str:
    with pytest.raises(SettingsError) as caught:
        dotenv(*lines)
    return str(caught.value)


@pytest.mark.parametrize(("cores", "processes"), [({0}, 1), ({0, 1}, 2), (set(range(8)), 2)])
def test_unasked_two_processes_answer_where_there_are_two_cores(
    monkeypatch: pytest.MonkeyPatch, cores: set[int], processes: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cores)
    assert read_settings().processes == processes
    assert dotenv("WEB_CONCURRENCY=3").processes == 3


def test_with_nothing_set_everything_has_a_default() -> None:
    settings = read_settings()
    assert settings.git_repo is None
    assert settings.s3_data_folder == Path("storage/s3/objects")
    assert settings.dvc_dataset == "data/data.json"


def test_values_may_be_quoted_and_have_spaces_around_the_equals_sign() -> None:
    settings = dotenv(
        'AWS_ACCESS_KEY_ID="my-super-id" ',
        "AWS_SECRET_ACCESS_KEY = 'my-super-secret'",
        "DVC_S3_ENDPOINT = 'https://xyxxx:9000'",
    )
    assert settings.aws_access_key_id == "my-super-id"
    assert settings.aws_secret_access_key is not None
    assert settings.aws_secret_access_key.get_secret_value() == "my-super-secret"
    assert settings.dvc_s3_endpoint == "https://xyxxx:9000"


@pytest.mark.parametrize("quote", ["", "'"])
def test_a_json_key_on_one_line_works(quote: str) -> None:
    settings = dotenv(f"DVC_GCP_SERVICE_ACCOUNT_KEY={quote}{GOOGLE_KEY}{quote}")
    assert settings.dvc_gcp_service_account_key is not None
    assert settings.dvc_gcp_service_account_key.get_secret_value() == GOOGLE_KEY


def test_a_file_saved_by_a_windows_editor_works() -> None:
    Path(".env").write_bytes(b"\xef\xbb\xbfS3_BUCKET=team-labels\r\nGIT_BRANCH=labels\r\n")
    settings = read_settings()
    assert (settings.s3_bucket, settings.git_branch) == ("team-labels", "labels")


def test_the_process_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_BRANCH", "from-environment")
    assert dotenv("GIT_BRANCH=from-file").git_branch == "from-environment"


def test_an_empty_value_is_no_value() -> None:
    assert dotenv("GIT_REPO=", 'BUNDLE_COUNTDOWN=""').bundle_countdown is None


def test_unknown_names_are_left_to_others() -> None:
    assert dotenv("LABEL_STUDIO_HOST=http://x").git_repo is None


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["AWS_ACCESS_KEY_ID=a"], "AWS_SECRET_ACCESS_KEY is missing: AWS_ACCESS_KEY_ID is set and needs it."),
        (["AWS_SECRET_ACCESS_KEY=a"], "AWS_ACCESS_KEY_ID is missing: AWS_SECRET_ACCESS_KEY is set and needs it."),
        (
            ["GIT_REPO=r", "DVC_BUCKET_NAME=a"],
            "DVC_CLOUD_STORAGE_PROVIDER is missing: DVC_BUCKET_NAME is set and needs it.",
        ),
        (["GIT_PAT_TOKEN=a"], "GIT_REPO is missing: GIT_PAT_TOKEN is set and means nothing without it."),
        (
            ["GIT_REPO=r", "DVC_REMOTE_URL=s3://a", "DVC_CLOUD_STORAGE_PROVIDER=s3", "DVC_BUCKET_NAME=a"],
            "DVC_REMOTE_URL and DVC_CLOUD_STORAGE_PROVIDER both say where the data goes: set one of them.",
        ),
        (["BUNDLE_QUIET_SECONDS=9", "BUNDLE_MAX_SECONDS=3"], "BUNDLE_QUIET_SECONDS is more than BUNDLE_MAX_SECONDS"),
        (["DVC_GCP_SERVICE_ACCOUNT_KEY=abc"], "DVC_GCP_SERVICE_ACCOUNT_KEY must be a service account's key"),
        (["DVC_GOOGLE_APPLICATION_CREDENTIALS=no.json"], "DVC_GOOGLE_APPLICATION_CREDENTIALS names no.json"),
        (["DVC_CLOUD_STORAGE_PROVIDER=azure"], "DVC_CLOUD_STORAGE_PROVIDER is wrong"),
        (["BUNDLE_COUNTDOWN=0"], "BUNDLE_COUNTDOWN is wrong"),
        (["PORT=eighty"], "PORT is wrong"),
        (["S3_BUCKET=No_Bucket"], "S3_BUCKET is wrong: it must be a bucket name"),
        (["S3_DOMAIN=s3.example.com:8000"], "S3_DOMAIN is wrong: it must be host names without a port"),
        (["S3_EXTRA_KEYS=reader:s3cret"], "S3_EXTRA_KEYS is wrong: it must be pairs of keys as id:secret:rw or"),
        (["S3_EXTRA_KEYS=reader:s3cret:admin"], "S3_EXTRA_KEYS is wrong: it must be pairs of keys as id:secret:rw or"),
        (["S3_EXTRA_KEYS=a:b:rw,a:c:ro"], "S3_EXTRA_KEYS is wrong: it must name each access key id once."),
        (
            ["AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "S3_EXTRA_KEYS=a:c:ro"],
            "S3_EXTRA_KEYS names the id that AWS_ACCESS_KEY_ID is",
        ),
        (["GIT_BRANCH=my branch"], "GIT_BRANCH is wrong: it must be the name of a branch, such as main"),
        (["GIT_MERGE_REQUEST_BRANCH=-x"], "GIT_MERGE_REQUEST_BRANCH is wrong: it must be the name of a branch"),
        (
            ["DVC_REMOTE_URL=webdav://u:s3cret@h/x", "GIT_REPO=r"],
            "DVC_REMOTE_URL is wrong: it must not hold a password",
        ),
        (["GIT_BRANCH='\"main\"'"], "GIT_BRANCH has quotes around it: remove them."),
        (["", "# branch", "GIT_BRANCHE=dev"], ".env line 3 sets GIT_BRANCHE, which is no setting: GIT_BRANCH is meant"),
        (["DVC_DATSET=a.json"], ".env line 1 sets DVC_DATSET, which is no setting: DVC_DATASET is meant"),
        (["GIT_REPO_URL=r"], ".env line 1 sets GIT_REPO_URL, which is no setting: GIT_REPO is meant"),
        (["GIT-REPO=r"], ".env line 1 sets GIT-REPO, which is no setting: GIT_REPO is meant"),
        (["PORT=8000", "GIT_REPO: x"], ".env line 2 can't be read: write NAME=value"),
        (["GIT_REPO"], ".env line 1 can't be read: write NAME=value"),
        (["GIT_PAT_TOKEN='half"], ".env line 1 can't be read: write NAME=value"),
        (["GIT_COMMIT_PREFIX=" + "x" * 41], "GIT_COMMIT_PREFIX is wrong: it must be one line of at most 40 characters"),
        (["DVC_DATASET=../data.json"], "DVC_DATASET is wrong: it must be a path inside the repository"),
        (["DVC_DATASET=.git/data.json"], "DVC_DATASET is wrong: it must be a path inside the repository"),
    ],
)
def test_what_is_missing_or_contradictory_is_named_in_one_sentence(lines: list[str], sentence: str) -> None:
    said = refusal(*lines)
    assert said.startswith(sentence)
    assert said.endswith(".")
    assert "\n" not in said


def test_no_refusal_repeats_a_secret() -> None:
    assert "s3cret" not in refusal("DVC_GCP_SERVICE_ACCOUNT_KEY=s3cret")
    assert "s3cret" not in refusal("AWS_SECRET_ACCESS_KEY=s3cret")
    assert "s3cret" not in refusal("S3_EXTRA_KEYS=reader:s3cret:admin")


def test_no_secret_is_in_a_settings_text_form() -> None:
    settings = dotenv(
        "AWS_ACCESS_KEY_ID=a",
        "AWS_SECRET_ACCESS_KEY=s3cret",
        "S3_EXTRA_KEYS=reader:s3cret:ro",
        "GIT_REPO=r",
        "GIT_PAT_TOKEN=t0ken",
    )
    text = repr(settings) + repr(settings.extra_keys)
    assert "s3cret" not in text
    assert "t0ken" not in text


def test_extra_keys_are_read_with_what_they_may_do() -> None:
    assert read_settings().extra_keys == ()
    settings = dotenv("S3_EXTRA_KEYS='colleague:a/b+c=:d:rw, dashboard:secret:ro,'")
    assert settings.extra_keys == (ExtraKey("colleague", "a/b+c=:d", "rw"), ExtraKey("dashboard", "secret", "ro"))


def test_an_upload_rests_for_days_or_for_ever() -> None:
    assert read_settings().upload_expiry == timedelta(days=7)
    assert dotenv("S3_UPLOAD_EXPIRY_DAYS=0").upload_expiry is None


def test_an_extra_key_may_be_anothers() -> None:
    settings = dotenv("S3_EXTRA_KEYS='a:secret:rw:labs@example.com, b:s:rw:ro:team-2, c:s:rw:ro'")
    assert settings.extra_keys == (
        ExtraKey("a", "secret", "rw", "labs@example.com"),
        ExtraKey("b", "s:rw", "ro", "team-2"),
        ExtraKey("c", "s:rw", "ro"),  # a secret may have colons
    )


def test_domains_are_host_names() -> None:
    assert read_settings().s3_domains == ("localhost", "s3.localhost")
    assert dotenv("S3_DOMAIN=S3.example.com, storage").s3_domains == ("s3.example.com", "storage")


def test_a_google_key_given_as_text_needs_no_file() -> None:
    settings = dotenv("DVC_GOOGLE_APPLICATION_CREDENTIALS=key.json", f"DVC_GCP_SERVICE_ACCOUNT_KEY={GOOGLE_KEY}")
    assert settings.dvc_gcp_service_account_key is not None


@pytest.mark.parametrize(
    ("provider", "bucket", "url"),
    [
        ("s3", "team", "s3://team/dvcstore"),
        ("gs", "team", "gs://team/dvcstore"),
        ("s3", "team/labels", "s3://team/labels"),
        ("local", "remote", f"{os.sep}remote"),
    ],
)
def test_provider_and_bucket_say_where_the_data_goes(provider: str, bucket: str, url: str) -> None:
    settings = dotenv("GIT_REPO=r", f"DVC_CLOUD_STORAGE_PROVIDER={provider}", f"DVC_BUCKET_NAME={bucket}")
    assert (settings.remote_url or "").endswith(url)
    assert dotenv("GIT_REPO=r", "DVC_REMOTE_URL=ssh://host/path").remote_url == "ssh://host/path"


def test_any_option_of_a_remote_can_be_set_as_json() -> None:
    settings = dotenv('DVC_REMOTE_OPTIONS=\'{"account_key": "se cret", "port": 2222, "gss_auth": true}\'')
    assert settings.remote_options == {"account_key": "se cret", "port": 2222, "gss_auth": True}
    assert "se cret" not in repr(settings)


@pytest.mark.parametrize("value", ["account_key=secret", '["secret"]', '{"account_key": ["secret"]}', '{"a": null}'])
def test_options_that_are_no_json_object_of_plain_values_are_refused_without_repeating_them(value: str) -> None:
    said = refusal(f"DVC_REMOTE_OPTIONS='{value}'")
    assert "DVC_REMOTE_OPTIONS" in said
    assert "secret" not in said


def test_a_mirror_needs_a_folder_and_a_rule_that_leaves_one_file() -> None:
    assert dotenv("DVC_LAYOUT=mirror", "DVC_DATASET=data/bucket/").dvc_dataset == "data/bucket"
    assert "DVC_LAYOUT is mirror, which is a folder, but DVC_DATASET is data/data.json" in refusal("DVC_LAYOUT=mirror")
    both = ("DVC_LAYOUT=mirror", "DVC_DATASET=data/bucket", "MERGE_ON_CONFLICT=both")
    assert "set ours or theirs" in refusal(*both)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("GIT_BRANCH=dev\n# für alle\n".encode("utf-16"), ".env is saved as UTF-16: save it as UTF-8."),
        ("GIT_BRANCH=dev\n".encode("utf-16-le"), ".env is saved as UTF-16: save it as UTF-8."),
        ("GIT_BRANCH=dev\n# für alle\n".encode("cp1252"), ".env line 2 isn't UTF-8: save the file as UTF-8."),
    ],
)
def test_a_file_in_another_coding_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    Path(".env").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == sentence


def test_a_file_that_can_not_be_read_is_refused_in_one_sentence() -> None:
    Path(".env").mkdir()
    with pytest.raises(SettingsError, match=r"^\.env can't be read: Is a directory\.$"):
        read_settings()


def test_what_stands_in_single_quotes_stays_as_it_is() -> None:
    settings = dotenv("HERE=here", "GIT_AUTHOR_NAME='${HERE} $HOME'", 'GIT_COMMITTER_NAME="${HERE}"', *COMMITTER)
    assert (settings.git_author_name, settings.git_committer_name) == ("${HERE} $HOME", "here")


COMMITTER = ("GIT_COMMITTER_EMAIL=ci@example.com",)


def test_variables_of_git_and_proxies_work_from_the_file() -> None:
    Path(".env").write_text("HTTPS_PROXY=http://in-file:1\nGIT_SSL_CAINFO=ca.pem\nGIT_BRANCH=dev\n")
    environ = {"HTTPS_PROXY": "http://in-environment:1"}
    assert read_settings(environ).git_branch == "dev"
    assert environ == {"HTTPS_PROXY": "http://in-environment:1", "GIT_SSL_CAINFO": "ca.pem"}


def test_what_a_secret_file_ends_with_is_no_part_of_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_REPO", "r")
    monkeypatch.setenv("GIT_PAT_TOKEN", "t0ken\n")
    token = read_settings().git_pat_token
    assert token is not None
    assert token.get_secret_value() == "t0ken"


def test_a_branch_may_be_named_in_full() -> None:
    assert dotenv("GIT_BRANCH=refs/heads/team/labels").git_branch == "team/labels"


def test_the_home_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert dotenv("S3_DATA_FOLDER=~/objects").s3_data_folder == tmp_path / "objects"


def test_a_relative_remote_begins_where_the_service_runs(tmp_path: Path) -> None:
    assert dotenv("GIT_REPO=r", "DVC_REMOTE_URL=../share").remote_url == str(tmp_path / "../share")


ODD = [
    "http://bot:Pa55/word#s3cret@127.0.0.1:9/team.git",
    "http://bot:Pa55?s3cret@127.0.0.1:9/team.git",
    "https://bot:80/s3cret@host/team.git",
    "https://bot:s3[cret@host/team.git",
    "https://bot:s3 cret@host/team.git",
    "https://host/team.git?token=s3cret",
    "https://bot:s3cret@/team.git",
    "bot:s3cret@host/team.git",
    "https//bot:s3cret@host/team.git",
    "ssh://git:s3cret@host/team.git",
    "ssh://git:s3/cret@host/team.git",
]


@pytest.mark.parametrize("url", ODD)
def test_an_address_whose_secret_could_be_taken_for_a_path_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("GIT_REPO", url)
    with pytest.raises(SettingsError, match=r"^GIT_REPO is wrong: it must ") as caught:
        read_settings()
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://host/team.git", "https://bot:s3cret@host:8443/team.git", "https://ann@example.com:s3@host/team.git",
        "https://[::1]:80/team.git", "https://dev.azure.com/org/My%20Project/_git/data", "git@host:team/data.git",
        "ssh://git@host:22/team.git", "host:team.git", "/srv/a:b@c/team.git", "./team.git", "C:/team.git", "file:///srv/t",
    ],
)  # fmt: skip
def test_every_common_form_of_address_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("GIT_REPO", url)
    assert read_settings().git_repo == url
