"""The service ends soon, with all that it started, whatever a Git server does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dvc_sync_s3.sync.status import FILE_NAME, State
from tests.e2e.servers.process import ServerProcess, free_port, surroundings
from tests.e2e.servers.waiting import wait_until

MOST_S = 5.0


@pytest.fixture
def silent_git() -> Iterator[str]:
    """Return the address of a Git server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/team.git"


@pytest.fixture
def server(tmp_path: Path, silent_git: str) -> Iterator[ServerProcess]:
    (tmp_path / "home").mkdir()
    port = free_port()
    settings = {
        "GIT_REPO": silent_git,
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "S3_DATA_FOLDER": str(tmp_path / "objects"),
        "GIT_FOLDER": str(tmp_path / "clone"),
    }
    command = (sys.executable, "-m", "dvc_sync_s3", "serve")
    process = ServerProcess(
        command, folder=tmp_path, environment=surroundings(tmp_path / "home") | settings, log=tmp_path / "log"
    )
    process.wait_until_ready(lambda: answers(port), timeout_s=30)
    yield process
    process.kill()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def started_by(process: ServerProcess) -> list[psutil.Process]:
    """Return all that runs because of the server, once git waits for its server, too."""
    found: list[psutil.Process] = []

    def waits() -> bool:
        found[:] = psutil.Process(process.pid).children(recursive=True)
        return any("git" in each.name() for each in found)

    wait_until(waits, what="git waits", timeout_s=20)
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_ends_leaves_no_git_that_waits(server: ServerProcess, sent: signal.Signals) -> None:
    started = started_by(server)
    began_s = time.monotonic()
    os.kill(server.pid, sent)
    _, alive = psutil.wait_procs([psutil.Process(server.pid), *started], timeout=MOST_S)
    assert [each.cmdline() for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
    assert time.monotonic() - began_s < MOST_S


def test_a_worker_that_cannot_begin_says_why_in_the_status_and_the_log(tmp_path: Path) -> None:
    hidden = tmp_path / "objects" / ".dvc-sync-s3"
    hidden.mkdir(parents=True)
    (hidden / "sync.lock").mkdir()
    environment = surroundings(tmp_path) | {"GIT_REPO": "team", "S3_DATA_FOLDER": str(tmp_path / "objects")}
    command = (sys.executable, "-m", "dvc_sync_s3", "sync")
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    told = json.loads((hidden / FILE_NAME).read_text(encoding="utf-8"))
    assert told["state"] == State.BLOCKED
    assert "sync.lock" in told["error"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_a_worker_that_is_killed_leaves_no_git_that_waits(server: ServerProcess) -> None:
    started = started_by(server)
    worker = next(each for each in started if "sync" in each.cmdline())
    gits = [each for each in started if "git" in each.name()]
    worker.kill()
    assert psutil.wait_procs(gits, timeout=MOST_S)[1] == []
