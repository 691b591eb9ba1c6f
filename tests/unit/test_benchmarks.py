"""What the benchmarks read of the service's own words."""

from __future__ import annotations

import contextlib
import io
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from dvc_sync_s3 import logs
from rig.client import Refused, send
from rig.load import run_load
from rig.signing import write_requests
from rig.syncing import Cycle, cycles


def test_the_benchmarks_find_the_cycles_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure_logs()
    log = structlog.get_logger("sync")
    log.info("sync", seq=1, commit="435e248", subject="annotations: 1 added", duration_ms=659)
    log.info("sync", seq=1, commit=None, subject=None, duration_ms=12)
    log.info("request", operation="PutObject", key="sync", status=200)
    structlog.get_config()["logger_factory"]().flush()
    structlog.reset_defaults()
    assert cycles("INFO:     Application startup complete.\n" + stream.getvalue()) == [Cycle(1, 659.0)]


def _answer(listener: socket.socket, statuses: list[str]) -> int:
    """Answer one connection's requests by these statuses; return how many came."""
    accepted, _ = listener.accept()
    with accepted:
        for count, status in enumerate(statuses):
            if not accepted.recv(1000):
                return count
            accepted.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno".encode())
    return len(statuses)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_the_benchmarks_ask_again_for_what_a_server_could_not_do(listener: socket.socket) -> None:
    with ThreadPoolExecutor(1) as server:
        answered = server.submit(_answer, listener, ["500 Trouble", "503 Trouble", "200 OK"])
        assert len(send(listener.getsockname()[1], [b"PUT / HTTP/1.1\r\n\r\n"], 1, None)) == 1
        assert answered.result(10) == 3


@pytest.mark.parametrize("statuses", [["500 Trouble"] * 4, ["403 Forbidden"]])
def test_the_benchmarks_stop_at_what_a_server_refuses(listener: socket.socket, statuses: list[str]) -> None:
    with ThreadPoolExecutor(1) as server:
        answered = server.submit(_answer, listener, statuses)
        with pytest.raises(Refused):
            send(listener.getsockname()[1], [b"PUT / HTTP/1.1\r\n\r\n"], 1, None)
        assert answered.result(10) == len(statuses)


def _answer_first_slowly(listener: socket.socket) -> None:
    """Answer one connection after the other, and keep each one's first request waiting, until nobody listens."""
    with contextlib.suppress(OSError):
        while True:
            accepted, _ = listener.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with accepted, contextlib.suppress(ConnectionError):
                pause_s = 0.3
                while accepted.recv(10_000):
                    time.sleep(pause_s)
                    pause_s = 0
                    accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def test_one_slow_answer_among_thousands_is_not_the_99th_percentile(listener: socket.socket, tmp_path: Path) -> None:
    requests = tmp_path / "requests"
    write_requests(requests, "GET", ["key"])
    with ThreadPoolExecutor(1) as server:
        server.submit(_answer_first_slowly, listener)
        found = run_load(listener.getsockname()[1], requests, 1, 1)
        listener.shutdown(socket.SHUT_RDWR)
    assert found.requests > 1000
    assert found.p99_ms < 100
