"""Which file system of DVC's a configuration opens, and what is refused before anything is connected to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import asyncssh
import pytest

from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.opening import Opened, open_remote
from dvc_sync_s3.errors import Blocked

OPENED = [
    ("s3://bucket/dvc", {"access_key_id": "k", "secret_access_key": "s"}, "S3FileSystem", "bucket/dvc"),
    ("gs://bucket/dvc", {}, "GSFileSystem", "bucket/dvc"),
    ("azure://container/dvc", {"connection_string": "c"}, "AzureFileSystem", "container/dvc"),
    ("ssh://host/dvc", {"user": "u", "password": "p", "port": 2222}, "SSHFileSystem", "/dvc"),
    ("webdav://host/dav", {"user": "u", "password": "p"}, "WebDAVFileSystem", ""),
    ("webdavs://host/dav", {"token": "t"}, "WebDAVSFileSystem", ""),
    ("http://host/dvc", {"method": "PUT"}, "HTTPFileSystem", "http://host/dvc"),
    ("https://host/dvc", {"ssl_verify": False}, "HTTPSFileSystem", "https://host/dvc"),
    (
        "oss://bucket/dvc",
        {"oss_key_id": "k", "oss_key_secret": "s", "oss_endpoint": "e"},
        "OSSFileSystem",
        "bucket/dvc",
    ),
    ("hdfs://host:8020/dvc", {"user": "u"}, "HDFSFileSystem", "/dvc"),
    ("webhdfs://host:9870/dvc", {"user": "u", "use_https": True}, "WebHDFSFileSystem", "/dvc"),
]
CALLS = ("info", "makedirs", "put_file", "get_file", "open", "join", "parent")


def write_config(dvc_root: Path, url: str, **options: object) -> Path:
    """Write a `.dvc/config` with one remote, the default."""
    lines = ["[core]", "    remote = team", "['remote \"team\"']", f"    url = {url}"]
    lines += [f"    {name} = {value}" for name, value in options.items()]
    (dvc_root / ".dvc").mkdir(parents=True, exist_ok=True)
    (dvc_root / ".dvc/config").write_text("\n".join(lines) + "\n")
    return dvc_root


def refusal(dvc_root: Path, settings: RemoteSettings | None = None) -> Blocked:
    with pytest.raises(Blocked, match="team") as caught:
        open_remote(dvc_root, None, settings or RemoteSettings())
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(("url", "options", "kind", "root"), OPENED, ids=[row[2] for row in OPENED])
def test_every_kind_that_dvc_has_is_opened_with_the_options_of_both_sides(
    tmp_path: Path, url: str, options: dict[str, object], kind: str, root: str
) -> None:
    opened = open_remote(write_config(tmp_path, url, jobs=3), None, RemoteSettings(options=options))
    assert type(opened.file_system).__name__ == kind
    assert opened.root == root
    config = opened.file_system.config
    assert config["jobs"] == 3
    assert {
        name: config.get(name, config.get(f"_{name}")) for name in options if name in config
    }.items() <= options.items()
    assert all(callable(getattr(opened.file_system, call)) for call in CALLS)


def google_drive(tmp_path: Path, options: dict[str, object]) -> Opened:
    return open_remote(write_config(tmp_path, "gdrive://root/dvc"), None, RemoteSettings(options=options))


def test_google_drive_opens_with_a_service_account_and_never_by_a_persons_browser(tmp_path: Path) -> None:
    key = tmp_path.parent / "drive-key.json"
    key.write_text(json.dumps({"type": "service_account"}))
    account = {"gdrive_use_service_account": True, "gdrive_service_account_json_file_path": str(key)}
    opened = google_drive(tmp_path, account)
    assert type(opened.file_system).__name__ == "GDriveFileSystem"
    assert opened.root == "root/dvc"
    assert all(callable(getattr(opened.file_system, call)) for call in CALLS)
    with pytest.raises(Blocked, match="log in to Google Drive") as caught:
        google_drive(tmp_path, {})
    assert "gdrive_use_service_account" in caught.value.hint


def test_support_that_is_not_installed_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "sys.modules['dvc_azure'] = None\n"
        "from dvc_sync_s3.dvc.choice import RemoteSettings\n"
        "from dvc_sync_s3.dvc.opening import open_remote\n"
        "from dvc_sync_s3.errors import Blocked\n"
        "try:\n"
        "    open_remote(Path(sys.argv[1]), None, RemoteSettings())\n"
        "except Blocked as error:\n"
        "    print(error, error.hint)\n"
    )
    folder = write_config(tmp_path, "azure://container/dvc")
    done = subprocess.run([sys.executable, "-c", program, str(folder)], check=True, capture_output=True, text=True)
    assert "azure:// is not installed, and the remote team needs it" in done.stdout
    assert "pip install 'dvc-sync-s3[azure]'" in done.stdout
    assert "EXTRAS=azure" in done.stdout


def test_a_command_that_the_repository_brings_is_not_run(tmp_path: Path) -> None:
    url = "webdavs://host/dav"
    folder = write_config(tmp_path, url, bearer_token_command="touch pwned")
    assert "commands of the repository are never run" in str(refusal(folder))
    ours = RemoteSettings(options={"bearer_token_command": "echo token"})
    assert open_remote(folder, None, ours).file_system.config["bearer_token_command"] == "echo token"


def test_a_command_is_found_behind_a_remote_that_builds_on_another(tmp_path: Path) -> None:
    write_config(tmp_path, "remote://base/team")
    with (tmp_path / ".dvc/config").open("a") as config:
        config.write("['remote \"base\"']\n    url = webdavs://host/dav\n    bearer_token_command = touch pwned\n")
    assert "never run" in str(refusal(tmp_path))


@pytest.mark.parametrize(
    ("url", "option"),
    [("ssh://host/dvc", "keyfile"), ("webdavs://host/dav", "cert_path"), ("gs://b/dvc", "credentialpath")],
)
def test_a_file_that_is_not_on_this_machine_is_named_with_its_option(tmp_path: Path, url: str, option: str) -> None:
    said = refusal(write_config(tmp_path, url, **{option: "lost"}))
    assert "lost" in str(said)
    assert option in said.hint


def test_a_file_of_the_repository_is_no_credential(tmp_path: Path) -> None:
    folder = write_config(tmp_path, "ssh://host/dvc", keyfile="config")
    assert "keyfile" in str(refusal(folder))


def test_an_aws_configuration_in_the_repository_is_not_read(tmp_path: Path) -> None:
    folder = write_config(tmp_path, "s3://bucket/dvc", configpath="../.dvcignore", credentialpath="gone")
    (tmp_path / ".dvcignore").write_text("[default]\ncredential_process = touch pwned\n")
    config = open_remote(folder, None, RemoteSettings()).file_system.config
    assert not {"configpath", "credentialpath"} & set(config)


@pytest.mark.parametrize("url", ["../../shared", "~/shared", "shared", "./shared", "$HOME/shared", "file:../shared"])
def test_a_folder_whose_path_is_another_one_for_each_member_is_refused(tmp_path: Path, url: str) -> None:
    said = refusal(write_config(tmp_path, url))
    assert "another one for each member" in str(said)
    assert "DVC_REMOTE_URL" in said.hint


def test_a_folder_that_the_settings_name_takes_the_place_of_a_relative_path(tmp_path: Path) -> None:
    settings = RemoteSettings(url=str(tmp_path / "mnt"))
    assert open_remote(write_config(tmp_path / "clone", "../../shared"), None, settings).root == str(tmp_path / "mnt")


def test_a_server_that_the_settings_name_takes_no_folders_place(tmp_path: Path) -> None:
    assert "each member" in str(refusal(write_config(tmp_path, "~/shared"), RemoteSettings(url="s3://bucket/dvc")))


def test_a_whole_path_is_taken_and_the_settings_leave_it_alone(tmp_path: Path) -> None:
    settings = RemoteSettings(url=str(tmp_path / "mnt"))
    assert open_remote(write_config(tmp_path, "/srv/team"), None, settings).root == "/srv/team"


def test_a_remote_that_builds_on_a_relative_path_is_refused(tmp_path: Path) -> None:
    write_config(tmp_path, "remote://base/team")
    with (tmp_path / ".dvc/config").open("a") as config:
        config.write("['remote \"base\"']\n    url = ~/shared\n")
    assert "another one for each member" in str(refusal(tmp_path))


@pytest.mark.parametrize("url", ["file:///mnt/shared", "local:///mnt/shared"])
def test_a_scheme_that_dvc_takes_for_a_folder_where_it_runs_is_refused(tmp_path: Path, url: str) -> None:
    assert "the folder where it runs" in str(refusal(write_config(tmp_path, url)))


def test_a_scheme_in_the_settings_that_dvc_takes_for_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("")
    with pytest.raises(Blocked, match="DVC_REMOTE_URL is file:///mnt/shared") as caught:
        open_remote(tmp_path, None, RemoteSettings(url="file:///mnt/shared"))
    assert "path alone" in caught.value.hint


@pytest.mark.parametrize("url", ["%(here)s/dvc", "/mnt/one, /mnt/two"])
def test_an_address_that_the_configurations_parser_trips_over_needs_a_person(tmp_path: Path, url: str) -> None:
    write_config(tmp_path, url)
    with pytest.raises(Blocked, match="config file error") as caught:
        open_remote(tmp_path, None, RemoteSettings())
    assert "dvc remote list" in caught.value.hint


def test_a_remote_on_another_remote_is_opened(tmp_path: Path) -> None:
    write_config(tmp_path, "remote://base/team")
    with (tmp_path / ".dvc/config").open("a") as config:
        config.write("['remote \"base\"']\n    url = ssh://host/data\n    user = dvc\n")
    opened = open_remote(tmp_path, None, RemoteSettings())
    assert (opened.root, opened.file_system.config["user"]) == ("/data/team", "dvc")


@pytest.mark.parametrize("option", ["version_aware", "worktree"])
def test_a_remote_that_keeps_files_under_their_own_names_is_told_apart(tmp_path: Path, option: str) -> None:
    assert open_remote(
        write_config(tmp_path, "s3://b/dvc", **{option: "true"}), None, RemoteSettings()
    ).is_version_aware


def test_an_ssh_server_that_vanished_is_noticed_and_nobody_is_asked_for_a_passphrase(tmp_path: Path) -> None:
    opened = open_remote(write_config(tmp_path, "ssh://host/dvc", ask_password="true"), None, RemoteSettings())
    arguments = opened.file_system.fs_args
    assert arguments["keepalive_interval"] * arguments["keepalive_count_max"] == 45
    assert arguments["client_factory"] is asyncssh.SSHClient
    assert arguments["password"] is None
