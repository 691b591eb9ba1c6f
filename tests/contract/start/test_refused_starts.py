"""Whatever stops a start is told in one line, with exit code 1."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.servers.process import surroundings

CHECKOUT = Path(__file__).parents[3]
SERVE = ("-m", "dvc_sync_s3", "serve")
UVICORN = ("-m", "uvicorn", "main:app", "--app-dir", str(CHECKOUT), "--port", "0")
CONVERT = ("-m", "dvc_sync_s3", "convert", "--to", "data/data.jsonl")


def start(folder: Path, command: tuple[str, ...], **more: str) -> tuple[int, str]:
    """Return the exit code and what was printed."""
    (folder / "home").mkdir()
    environment = surroundings(folder / "home") | {"GIT_REPO": str(folder / "team.git"), "PORT": "0"}
    keys = {"AWS_ACCESS_KEY_ID": "annotator", "AWS_SECRET_ACCESS_KEY": "annotators-secret-key"}
    settings = {"S3_DATA_FOLDER": str(folder / "objects"), "GIT_FOLDER": str(folder / "clone")}
    return run(command, folder, {**environment, **keys, **settings, **more})


def run(command: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run Python with `command` to its end."""
    done = subprocess.run(
        (sys.executable, *command), cwd=folder, env=environment, timeout=60, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def hidden(folder: Path) -> Path:
    made = folder / "objects" / ".dvc-sync-s3"
    made.mkdir(parents=True)
    return made


def a_file(folder: Path) -> None:
    (folder / "objects").write_bytes(b"")


def a_damaged_index(folder: Path) -> None:
    (hidden(folder) / "index.db").write_bytes(b"rubbish " * 5000)


def an_index_of_another_program(folder: Path) -> None:
    with closing(sqlite3.connect(hidden(folder) / "index.db")) as db:
        db.execute("CREATE TABLE objects (name)")


def a_folder_as_index(folder: Path) -> None:
    (hidden(folder) / "index.db").mkdir()


def a_folder_as_lock(folder: Path) -> None:
    (hidden(folder) / "setup.lock").mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (a_file, "S3_DATA_FOLDER"),
        (a_damaged_index, "is no SQLite database"),
        (an_index_of_another_program, "isn't as this service makes it"),
        (a_folder_as_index, "can't be opened"),
        (a_folder_as_lock, "setup.lock is a folder where a file is needed"),
    ],
)
def test_a_data_folder_that_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(tmp_path)
    code, said = start(tmp_path, SERVE)
    assert code == 1
    assert said.startswith("Error: ")
    assert words in said
    assert said.count("\n") == 1


def test_a_lock_of_the_workers_that_cannot_be_opened_is_told_without_a_traceback(tmp_path: Path) -> None:
    (hidden(tmp_path) / "supervisor.lock").mkdir()
    code, said = start(tmp_path, SERVE)
    assert code == 1
    assert "supervisor.lock is a folder where a file is needed" in said
    assert "Traceback" not in said
    assert "listens on" not in said


@pytest.mark.parametrize("command", [UVICORN, CONVERT], ids=["uvicorn", "convert"])
def test_every_command_tells_it_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    a_file(tmp_path)
    code, said = start(tmp_path, command)
    assert code == 1
    assert said.count("\n") == 1


def test_a_ledger_of_a_newer_version_is_told_in_one_line(tmp_path: Path) -> None:
    with closing(sqlite3.connect(hidden(tmp_path) / "sync.db")) as ledger:
        ledger.execute("PRAGMA user_version = 2")
    code, said = start(tmp_path, CONVERT)
    assert code == 1
    assert "sync.db has format 2, this version of the service knows 1. Start the newer version" in said
    assert said.count("\n") == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become a user without rights")
@pytest.mark.parametrize(("working_folder", "words"), [("/", "S3_DATA_FOLDER"), (".", ".env")])
def test_what_another_user_keeps_to_himself_is_told_in_one_line(
    tmp_path: Path, working_folder: str, words: str
) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / ".env").touch(mode=0o600)
    tmp_path.chmod(0o711)
    program = f"""
import os
from dvc_sync_s3.cli.serve import serve
os.chdir({working_folder!r})
os.setgid(65534)
os.setuid(65534)
serve()
"""
    code, said = start(tmp_path, ("-c", program))
    assert code == 1
    assert "ermission denied" in said
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", [SERVE, UVICORN], ids=["serve", "uvicorn"])
def test_a_port_that_is_taken_is_told_before_anyone_hears_that_the_service_listens(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, said = start(tmp_path, tuple(port if word == "0" else word for word in command), PORT=port)
    assert code != 0
    assert "listens on" not in said
    assert "Traceback" not in said
    if command is SERVE:
        assert (code, said) == (
            1,
            f"Error: Port {port} of 127.0.0.1 is taken by another program: stop that one, or set another PORT.\n",
        )


def test_a_host_that_is_not_this_machines_is_told_in_one_line(tmp_path: Path) -> None:
    code, said = start(tmp_path, SERVE, HOST="192.0.2.1")
    assert (code, said.count("\n")) == (1, 1)
    assert "HOST is 192.0.2.1" in said


def test_without_git_the_playground_is_refused_in_one_line(tmp_path: Path) -> None:
    code, said = start(tmp_path, SERVE, GIT_REPO="", PATH=str(tmp_path))
    assert (code, said.count("\n")) == (1, 1)
    assert "git can't be run" in said
