"""Load from outside the server's process: wrk where Debian's package is installed, else a client of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from rig.client import send
from rig.signing import read_requests

_SCRIPT = Path(__file__).with_name("requests.lua")
_OWN_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Load:
    """What a load of some seconds found; latencies from sending a request to its whole answer."""

    requests: int
    duration_s: float
    p50_ms: float
    p99_ms: float
    errors: int

    @property
    def per_s(self) -> float:
        """Return requests a second."""
        return self.requests / self.duration_s


def source() -> str:
    """Return what sends the load."""
    return "wrk" if shutil.which("wrk") else f"a client of our own, {_OWN_PROCESSES} processes (wrk is not installed)"


def run_load(port: int, requests: Path, connections: int, duration_s: int) -> Load:
    """Send `requests` over so many connections for so long, each connection one at a time.

    Failures are told on standard error and don't count as done; raises RuntimeError if they are more than a few.
    """
    found = (_wrk if shutil.which("wrk") else _own)(port, requests, connections, duration_s)
    if found.errors:
        print(f"{found.errors} of {found.requests} requests to port {port} failed", file=sys.stderr)
    if found.errors * 10 > found.requests or not found.requests:
        raise RuntimeError(f"port {port} answers with errors")
    return replace(found, requests=found.requests - found.errors)


def send_all(port: int, requests: Path, connections: int) -> list[float]:
    """Send each of `requests` once; return their latencies in seconds."""
    return send(port, read_requests(requests), connections, None)


def _wrk(port: int, requests: Path, connections: int, duration_s: int) -> Load:
    command = ("wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{duration_s}s")
    done = subprocess.run(
        (*command, "--script", str(_SCRIPT), "--timeout", "20s", f"http://127.0.0.1:{port}"),
        env={**os.environ, "REQUESTS": str(requests), "CONNECTIONS": str(connections)},
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("FIGURES"))
    count, duration_us, p50_us, p99_us, errors = (int(word) for word in line.split()[1:])
    return Load(count, duration_us / 1e6, p50_us / 1e3, p99_us / 1e3, errors)


def _own(port: int, requests: Path, connections: int, duration_s: int) -> Load:
    whole = read_requests(requests)
    processes = min(_OWN_PROCESSES, connections)
    with ProcessPoolExecutor(processes) as pool:
        parts = [
            pool.submit(send, port, whole[number::processes], connections // processes, duration_s)
            for number in range(processes)
        ]
        latencies_s = sorted(one for part in parts for one in part.result())
    p50_s, p99_s = (latencies_s[int(len(latencies_s) * share)] for share in (0.5, 0.99))
    return Load(len(latencies_s), duration_s, p50_s * 1e3, p99_s * 1e3, 0)
