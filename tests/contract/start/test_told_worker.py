"""What becomes of the worker's process is told by every process of the service."""

from __future__ import annotations

import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.servers.process import ServerProcess, free_port, surroundings
from tests.e2e.servers.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")


@dataclass
class Running:
    """A service with a playground, and two processes that answer."""

    process: ServerProcess
    url: str

    def status(self) -> dict[str, Any]:
        code, body = self._get("status.json")
        told: dict[str, Any] = json.loads(body) if code == 200 else {}
        return told

    def is_ready(self) -> bool:
        return self._get("ready")[0] == 200

    def is_idle(self) -> bool:
        told = self.status()
        return (told.get("state"), told.get("error"), told.get("worker", {}).get("alive")) == ("idle", None, True)

    def worker(self) -> psutil.Process:
        children = psutil.Process(self.process.pid).children(recursive=True)
        (found,) = (each for each in children if "sync" in each.cmdline())
        return found

    def _get(self, page: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"{self.url}/-/{page}", timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "home").mkdir()
    port = free_port()
    environment = surroundings(tmp_path / "home") | {"PORT": str(port), "WEB_CONCURRENCY": "2"}
    command = (sys.executable, "-m", "dvc_sync_s3", "serve")
    process = ServerProcess(command, folder=tmp_path, environment=environment, log=tmp_path / "log")
    running = Running(process, f"http://127.0.0.1:{port}")
    process.wait_until_ready(running.is_idle, timeout_s=90)
    yield running
    process.kill()


def test_a_worker_that_is_stopped_is_told_and_so_is_its_coming_back(service: Running) -> None:
    worker = service.worker()
    os.kill(worker.pid, signal.SIGSTOP)
    wait_until(lambda: not service.is_ready(), what="that it isn't ready", timeout_s=30)
    told = service.status()
    assert told["state"] == "blocked"
    assert f"process {worker.pid} has given no sign of life" in told["error"]
    os.kill(worker.pid, signal.SIGCONT)
    wait_until(lambda: service.is_ready() and service.is_idle(), what="that it is well", timeout_s=30)


def test_a_worker_that_is_killed_is_told_until_another_one_has_looked_at_the_branch(service: Running) -> None:
    service.worker().kill()
    wait_until(lambda: service.status().get("error") is not None, what="the death", timeout_s=30)
    assert "SIGKILL" in service.status()["error"]
    wait_until(service.is_idle, what="that it is well", timeout_s=60)
    assert service.status()["worker"]["deaths"] == 1
