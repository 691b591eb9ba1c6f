"""The servers that are compared: this service and its rivals, each a process of its own on loopback."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import boto3
import psutil
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from dvc_sync_s3.app.playground import make_playground
from rig import CHECKOUT
from rig.signing import BUCKET, KEY_ID, SECRET
from tests.e2e.servers.process import ServerProcess, free_port, surroundings

T = TypeVar("T")

OURS = "this service"
RIVALS = CHECKOUT / ".bench"
_READY_TIMEOUT_S = 60
_REST_S = 0.5


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and the folder it keeps its objects in."""

    name: str
    port: int
    folder: Path
    process: ServerProcess = field(repr=False)

    def processes(self) -> list[psutil.Process]:
        """Return the server's process and all that it started."""
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    def resident_mb(self) -> float:
        """Return the resident memory of all of them, in MB; what ended meanwhile counts nothing."""
        return sum(self._of_each(lambda process: process.memory_info().rss)) / 1e6

    def wait_until_at_rest(self) -> None:
        """Wait until its processes have done what they do after a start: the sync loads DVC."""
        deadline_s = time.monotonic() + _READY_TIMEOUT_S
        before_s = self._cpu_s()
        while True:
            time.sleep(_REST_S)
            now_s = self._cpu_s()
            if now_s - before_s < _REST_S / 20:
                return
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{self.name} doesn't come to rest")
            before_s = now_s

    def _cpu_s(self) -> float:
        return sum(one.user + one.system for one in self._of_each(psutil.Process.cpu_times))

    def _of_each(self, ask: Callable[[psutil.Process], T]) -> Iterator[T]:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):  # git's end by themselves
                yield ask(process)


NO_SYNC = {"BUNDLE_QUIET_SECONDS": "86400", "BUNDLE_MAX_SECONDS": "86400"}
"""Settings for what is about the S3 side alone: no rival syncs anything."""


@contextmanager
def serve_ours(folder: Path, settings: Mapping[str, str] = NO_SYNC) -> Iterator[Server]:
    """Run this service in `folder`, with a playground unless the settings name a repository."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "home").mkdir(exist_ok=True)
    port = free_port()
    environment = {
        **surroundings(folder / "home"),
        "PORT": str(port),
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "S3_BUCKET": BUCKET,
        "S3_DATA_FOLDER": str(folder / "objects"),
        "GIT_FOLDER": str(folder / "git"),
        **settings,
    }
    if "GIT_REPO" not in settings:
        environment["GIT_REPO"] = str(make_playground(folder / "team", "main").repository)
    command = [sys.executable, "-m", "dvc_sync_s3", "serve"]
    with _running(OURS, command, folder, environment, port) as server:
        _wait_until(lambda: _is_ready(port), server)
        yield server


def _is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/-/ready", timeout=10).ok
    except requests.ConnectionError:
        return False


@contextmanager
def serve_rival(name: str, folder: Path) -> Iterator[Server]:
    """Run rclone, moto or s3rver with one empty bucket, as fast as each can be without promising more than it does."""
    objects = folder / "objects"
    (objects / BUCKET).mkdir(parents=True)
    (folder / "home").mkdir()
    port = free_port()
    address = ("127.0.0.1", str(port))
    commands = {
        "rclone": [_program("rclone"), "serve", "s3", "--addr", ":".join(address), str(objects)],
        "moto": [str(RIVALS / "bin" / "moto_server"), "-H", address[0], "-p", address[1]],
        "s3rver": [
            *("node", str(RIVALS / "node_modules/s3rver/bin/s3rver.js"), "-d", str(objects), "-a", address[0]),
            *("-p", address[1], "--no-vhost-buckets", "--silent"),
        ],
    }
    environment = {**surroundings(folder / "home"), "RCLONE_AUTH_KEY": f'"{KEY_ID},{SECRET}"'}
    with _running(name, commands[name], folder, environment, port) as server:
        _wait_until(lambda: _answers(port), server)
        try:
            client(port).create_bucket(Bucket=BUCKET)
        except ClientError as error:
            if "BucketAlready" not in str(error):
                raise
        yield server


@contextmanager
def serve_all(folder: Path, rivals: Sequence[str]) -> Iterator[list[Server]]:
    """Run this service and `rivals` beside each other; whoever isn't asked anything rests."""
    install_rivals(rivals)
    with ExitStack() as running:
        yield [
            running.enter_context(serve_ours(folder / "ours")),
            *(running.enter_context(serve_rival(name, folder / name)) for name in rivals),
        ]


def install_rivals(names: Sequence[str]) -> None:
    """Install moto and s3rver into `.bench`, unless they are there; rclone is among the dev dependencies."""
    if {*names} - {"rclone"}:
        subprocess.run(("make", "--silent", ".bench/stamp"), cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)


def client(port: int):  # type: ignore[no-untyped-def]  # noqa: D103 - boto3 has no types
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


@contextmanager
def _running(
    name: str, command: list[str], folder: Path, environment: Mapping[str, str], port: int
) -> Iterator[Server]:
    process = ServerProcess(
        command, folder=CHECKOUT if name == OURS else folder, environment=environment, log=folder / "log"
    )
    try:
        yield Server(name, port, folder, process)
    finally:
        process.stop()


def _wait_until(is_ready: Callable[[], bool], server: Server) -> None:
    deadline_s = time.monotonic() + _READY_TIMEOUT_S
    while not is_ready():
        if time.monotonic() > deadline_s or not psutil.pid_exists(server.process.pid):
            raise RuntimeError(f"{server.name} did not start:\n{server.process.output()[-2000:]}")
        time.sleep(0.002)


def _answers(port: int) -> bool:
    try:
        requests.get(f"http://127.0.0.1:{port}/", timeout=5)
    except requests.ConnectionError:
        return False
    return True


def _program(name: str) -> str:
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name}: install the project's dev dependencies")
    return found
