"""Measure the S3 server by hand, with wrk as the client: python tests/bench/bench_server.py put|get|list [--help].

Not collected by pytest. Starts the S3 service in a process of its own on loopback and lets wrk (Debian's package) send
requests signed beforehand, each of a put for a key of its own. Prints requests a second, their latency, and the
server's CPU time for each, thread by thread. `--profile` adds where the time of the event loop's thread goes.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvicorn

from dvc_sync_s3.app.publisher import publisher_command
from dvc_sync_s3.app.server import PUBLISHER_LOCK_NAME
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.logs import configure_logs
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.supervisor import Supervisor
from tests.bench.signed import ACCESS_KEY_ID, BUCKET, SECRET, Target, signed_requests

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
SCRIPT = Path(__file__).with_name("wrk.lua")


async def serve(folder: Path) -> None:
    """Answer until standard input ends; the first line of standard output is the port."""
    tell = configure_logs()
    publisher = Supervisor(folder, publisher_command(folder, None), SystemClock(), PUBLISHER_LOCK_NAME)
    store = Store(folder, SystemClock(), wake_publisher=publisher.wake)
    await store.start()
    publisher.start()
    await store.create_bucket(BUCKET)
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    service = S3Service(store, Keyring({ACCESS_KEY_ID: SECRET}), SystemClock(), tell=tell)
    server = uvicorn.Server(
        uvicorn.Config(service, lifespan="off", log_level="warning", access_log=False, server_header=False)
    )
    print(listening.getsockname()[1], flush=True)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.should_exit = True
    await serving
    await store.close()
    publisher.close()


def serve_process(folder: Path, profile: bool) -> None:  # noqa: FBT001 - straight from the command line
    profiler = cProfile.Profile()
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        if not profile:
            return runner.run(serve(folder))
        profiler.runcall(runner.run, serve(folder))
    pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(45)
    return None


@contextmanager
def server_process(folder: Path, *options: str) -> Iterator[tuple[int, int]]:
    """Yield the process id and the port of a server whose log goes to a file, as a service's does."""
    command = [sys.executable, "-m", "tests.bench.bench_server", "put", "--serve", str(folder / "data"), *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.pid, int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(120)
            process.stdout.close()


class Load(NamedTuple):
    """What wrk saw; latencies in milliseconds."""

    requests: int
    duration_s: float
    failed: int
    p50_ms: float
    p99_ms: float
    worst_ms: float


def wrk(port: int, requests: Path, connections: int, duration_s: int) -> Load:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{duration_s}s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}"]
    done = subprocess.run([*command, "--", str(requests)], capture_output=True, text=True, check=True)
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        raise SystemExit(done.stdout + done.stderr)
    count, duration_us, failed, *latencies_us = map(float, line.split()[1:])
    return Load(int(count), duration_us / 1e6, int(failed), *(latency / 1e3 for latency in latencies_us))


def cpu_by_thread_s(pid: int) -> dict[int, float]:
    """Return CPU seconds of each thread, in the order in which they were started."""
    found = {}
    for task in sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda task: int(task.name)):
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        found[int(task.name)] = (int(fields[11]) + int(fields[12])) * TICK_S
    return found


def cpu_of_children_s(pid: int) -> float:
    return sum(
        (int(fields[11]) + int(fields[12])) * TICK_S
        for stat in Path("/proc").glob("[0-9]*/stat")
        if (fields := stat.read_text().rpartition(")")[2].split())[1] == str(pid)
    )


def measure(options: argparse.Namespace, connections: int) -> None:
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        with server_process(folder, *["--profile"] * options.profile) as (pid, port):
            target = Target(port, options.objects, options.bytes, options.query)
            if options.operation != "put":
                fill = signed_requests("put", target, folder / "fill")
                wrk(port, fill, 32, max(1, options.objects // 1000))
            requests = signed_requests(options.operation, target, folder / "requests")
            before_s, children_before_s = cpu_by_thread_s(pid), cpu_of_children_s(pid)
            load = wrk(port, requests, connections, options.seconds)
            children_s = cpu_of_children_s(pid) - children_before_s
            spent_s = {thread: cpu - before_s.get(thread, 0.0) for thread, cpu in cpu_by_thread_s(pid).items()}
        print(f"{options.operation}, {connections} connections: {load.requests / load.duration_s:,.0f}/s", end="; ")
        print(f"p50 {load.p50_ms:.2f} p99 {load.p99_ms:.2f} max {load.worst_ms:.1f} ms; failed {load.failed}", end="; ")
        each_us = [f"{spent * 1e6 / load.requests:.0f}" for spent in spent_s.values() if spent > 0]
        print(
            f"CPU {sum(spent_s.values()) * 1e6 / load.requests:.0f} us each (threads {' + '.join(each_us)})", end="; "
        )
        print(f"publisher {children_s * 1e6 / load.requests:.0f} us")
        if options.profile:
            print((folder / "log").read_text()[-9000:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operation", choices=["put", "get", "list"])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--bytes", type=int, default=2048)
    parser.add_argument("--objects", type=int, default=50_000, help="keys to sign for, begun anew once all were sent")
    parser.add_argument("--query", default="list-type=2", help="of a list")
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; a temporary folder if not given")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve_process(options.serve, options.profile)
    for connections in options.connections:
        measure(options, connections)
    return None


if __name__ == "__main__":
    main()
