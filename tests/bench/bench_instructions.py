"""Count what each small request costs, in instructions: they don't depend on what else the machine does.

    valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=/dev/null \\
        python -m tests.bench.bench_instructions put|get

Not collected by pytest. Hands 200 signed requests to the protocol, 16 connections at once, as bench_loop does; divide
what valgrind collected by 200. It emulates no SHA instructions, so digests weigh more than they do in truth.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import tempfile
from pathlib import Path

import uvicorn
from uvicorn.server import ServerState

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.logs import configure_logs
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.store import Store
from tests.bench.bench_loop import Connection, read_requests, send_all
from tests.bench.signed import ACCESS_KEY_ID, BUCKET, SECRET, Target, signed_requests

REQUESTS = 200
CONNECTIONS = 16


async def measure(operation: str, folder: Path) -> None:
    store = Store(folder / "data", SystemClock())
    await store.start()
    await store.create_bucket(BUCKET)
    service = S3Service(
        store, Keyring({ACCESS_KEY_ID: SECRET}), SystemClock(), domains=("localhost",), tell=configure_logs()
    )
    config = uvicorn.Config(service, lifespan="off", access_log=False, server_header=False)
    config.load()
    connections = [Connection(config, ServerState()) for _ in range(CONNECTIONS)]
    target = Target(1, REQUESTS, 2048, "")
    requests = read_requests(signed_requests("put", target, folder / "puts"))
    await send_all(connections, requests)
    await asyncio.to_thread(store.publish)
    if operation == "get":
        requests = read_requests(signed_requests("get", target, folder / "gets"))
    for _ in range(2):  # bodies are remembered by the first, their headers by the second
        await send_all(connections, requests)
    _count("on")
    await send_all(connections, requests)
    _count("off")
    await store.close()


def _count(instrumentation: str) -> None:
    subprocess.run(["callgrind_control", "-i", instrumentation, str(os.getpid())], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operation", choices=["put", "get"])
    operation = parser.parse_args().operation
    with (
        tempfile.TemporaryDirectory() as name,
        asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner,
    ):
        runner.run(measure(operation, Path(name)))


if __name__ == "__main__":
    main()
