"""Measure PUTs over HTTP by hand: python tests/bench/bench_put.py [--help].

Not collected by pytest. Starts the S3 service in a process of its own on loopback, sends requests signed beforehand
over kept connections, and prints durable puts a second, their latency and the server's CPU time for each, in which its
start of about a second counts too; `--profile` adds where the server's time goes.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import hashlib
import os
import pstats
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.logs import configure_logs
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.store import Store

ACCESS_KEY_ID, SECRET, BUCKET = "BENCH", "not a secret", "bench"


async def serve(folder: Path) -> None:
    """Answer until standard input ends; the first line of standard output is the port."""
    configure_logs()
    store = Store(folder, SystemClock())
    await store.start()
    await store.create_bucket(BUCKET)
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    service = S3Service(store, Keyring({ACCESS_KEY_ID: SECRET}), SystemClock())
    server = uvicorn.Server(uvicorn.Config(service, lifespan="off", log_level="warning"))
    print(listening.getsockname()[1], flush=True)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.should_exit = True
    await serving
    await store.close()


def serve_process(folder: Path, profile: bool) -> None:  # noqa: FBT001 - straight from the command line
    profiler = cProfile.Profile()
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        if not profile:
            return runner.run(serve(folder))
        profiler.runcall(runner.run, serve(folder))
    pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(45)
    return None


@contextmanager
def server_process(folder: Path, *options: str) -> Iterator[int]:
    """Yield the port of a server whose log goes to a file, as a service's does."""
    command = [sys.executable, __file__, "--serve", str(folder / "data"), *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(60)
            process.stdout.close()


def signed_puts(port: int, first: int, count: int, size_bytes: int) -> list[bytes]:
    """Return whole requests with the headers that boto3 sends over http."""
    body = os.urandom(size_bytes)
    sha256 = hashlib.sha256(body).hexdigest()
    auth = S3SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET), "s3", "us-east-1")
    requests = []
    for number in range(first, first + count):
        request = AWSRequest("PUT", f"http://127.0.0.1:{port}/{BUCKET}/out/{number}", data=body)
        request.headers["User-Agent"] = "Boto3/1.43 md/Botocore#1.43 ua/2.1 os/linux md/arch#x86_64 lang/python#3.11"
        request.headers["amz-sdk-invocation-id"] = "a6a2b1c2-6d5f-4c39-8b8e-0d3c9a1f2e3d"
        request.headers["amz-sdk-request"] = "attempt=1"
        request.headers["x-amz-sdk-checksum-algorithm"] = "CRC32"
        request.headers["Content-Length"] = str(size_bytes)
        request.context["payload_signing_enabled"] = True
        request.headers["X-Amz-Content-SHA256"] = sha256
        auth.add_auth(request)
        lines = [f"PUT /{BUCKET}/out/{number} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        requests.append("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return requests


def measure(port: int, requests: list[bytes], connections: int) -> list[float]:
    """Send all requests, each connection one at a time; return their latencies in seconds."""
    latencies_s: list[float] = []
    waiting = iter(requests)
    selector = selectors.DefaultSelector()
    began_s: dict[socket.socket, float] = {}

    def send_next(connection: socket.socket) -> None:
        request = next(waiting, None)
        if request is None:
            selector.unregister(connection)
            connection.close()
            return
        began_s[connection] = time.perf_counter()
        connection.sendall(request)

    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        send_next(connection)
    while selector.get_map():
        for key, _ in selector.select():
            assert isinstance(key.fileobj, socket.socket)
            answer = key.fileobj.recv(65536)
            if not (answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\n")):
                raise SystemExit(f"not stored: {answer!r}")
            latencies_s.append(time.perf_counter() - began_s[key.fileobj])
            send_next(key.fileobj)
    return latencies_s


def children_cpu_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--puts", type=int, default=20_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--bytes", type=int, default=3_000)
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; a temporary folder if not given")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve_process(options.serve, options.profile)
    for connections in options.connections:
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            folder = Path(name)
            cpu_before_s = children_cpu_s()
            with server_process(folder, *["--profile"] * options.profile) as port:
                measure(port, signed_puts(port, 0, 200, options.bytes), connections)
                requests = signed_puts(port, 200, options.puts, options.bytes)
                began_s = time.perf_counter()
                latencies_s = sorted(measure(port, requests, connections))
                took_s = time.perf_counter() - began_s
            p50, p99, worst = (latencies_s[int(options.puts * share)] * 1000 for share in (0.5, 0.99, 1 - 1e-9))
            print(f"{connections} connections: {options.puts / took_s:,.0f} puts/s", end="; ")
            print(f"p50 {p50:.1f} p99 {p99:.1f} max {worst:.1f} ms", end="; ")
            print(f"{(children_cpu_s() - cpu_before_s) * 1e6 / options.puts:.0f} us of the server's CPU for each")
            if options.profile:
                print((folder / "log").read_text()[-9000:])
    return None


if __name__ == "__main__":
    main()
