"""The running service: the S3 side on a real uvicorn with a real store, over http and https."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import trustme
import uvicorn
from botocore.config import Config

from dvc_sync_s3.app.direct import DirectConnection
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from dvc_sync_s3.store.store import Store
from tests.conformance.signing import ACCESS_KEY_ID, SECRET

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Service:
    """Where the service answers, and what it keeps."""

    url: str
    tls_url: str
    ca: Path
    store: Store
    folder: Path


@contextmanager
def serving(app: S3Service, **options: Any) -> Iterator[str]:
    """Answer by `app` on a thread until the block ends; yields the authority, `127.0.0.1:port`."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error", access_log=False, **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
        listening.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    store = Store(folder / "data", SystemClock())
    asyncio.run(store.start())
    app = S3Service(store, Keyring({ACCESS_KEY_ID: SECRET}), SystemClock(), idle_timeout_s=0.5)
    # Both ways into the service: past the ASGI server wherever that can be, and through it.
    with serving(app, http=DirectConnection) as plain, serving(app, ssl_certfile=str(folder / "server.pem")) as tls:
        yield Service(f"http://{plain}", f"https://{tls}", folder / "ca.pem", store, folder / "data")
    asyncio.run(store.close())


@pytest.fixture
def bucket(service: Service) -> str:
    """A bucket of the test's own."""
    name = f"bucket-{next(_numbers)}"
    asyncio.run(service.store.create_bucket(name))
    return name


def is_stored(service: Service, bucket: str, key: str = "318") -> bool:
    return service.store.head(bucket, key) is not None


def boto3_client(url: str, *, ca: Path | None = None, **config: Any) -> Any:
    """Return a client as Label Studio makes it, except that it says what it saw at the first try."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET,
        verify=None if ca is None else str(ca),
        config=Config(
            signature_version="s3v4",
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            proxies={},
            **config,
        ),
    )


@pytest.fixture(scope="session")
def s3(service: Service) -> Any:
    """boto3 over http, as Label Studio makes it."""
    return boto3_client(service.url)


@pytest.fixture(scope="session")
def s3_over_tls(service: Service) -> Any:
    """boto3 over https, which sends bodies in chunks and without their length."""
    return boto3_client(service.tls_url, ca=service.ca)


@pytest.fixture(params=["http", "https"])
def either_s3(request: pytest.FixtureRequest) -> Any:
    """Both of them, one after the other."""
    return request.getfixturevalue("s3" if request.param == "http" else "s3_over_tls")
