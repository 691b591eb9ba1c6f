"""Azure Blob Storage on this machine: Azurite, from npm, in a folder of its own.

https://learn.microsoft.com/azure/storage/common/storage-use-azurite
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from azure.storage.blob import BlobServiceClient

from tests.e2e.servers.process import ServerProcess, free_port, surroundings
from tests.e2e.servers.team import DvcRemote

START_TIMEOUT_S = 30
ACCOUNT = "teamaccount"


@dataclass(frozen=True, slots=True)
class AzureLocation:
    """A container and the connection string that opens it."""

    url: str
    key: str
    container: str

    @property
    def connection_string(self) -> str:
        """Return what Azure's clients take: account, key and address in one line."""
        account = f"AccountName={ACCOUNT};AccountKey={self.key}"
        return f"DefaultEndpointsProtocol=http;{account};BlobEndpoint={self.url}/{ACCOUNT};"

    @property
    def remote(self) -> DvcRemote:
        """Return the DVC remote that a team makes of it."""
        return DvcRemote("storage", f"azure://{self.container}/dvc", {}, {"connection_string": self.connection_string})

    def make_container(self) -> None:
        """Create the container."""
        with BlobServiceClient.from_connection_string(self.connection_string) as client:
            client.create_container(self.container)

    def names(self) -> set[str]:
        """Return the names of the blobs in the container."""
        with BlobServiceClient.from_connection_string(self.connection_string) as client:
            return set(client.get_container_client(self.container).list_blob_names())


def azurite_program() -> Path:
    """Return Azurite's executable; raises FileNotFoundError if it isn't installed."""
    program = Path(os.environ.get("AZURITE", ".venv-azurite/node_modules/.bin/azurite-blob")).absolute()
    if not program.exists():
        raise FileNotFoundError(f"{program} is not there: `make e2e` installs it, or set AZURITE")
    return program


@contextmanager
def serve_azure(folder: Path, *, container: str, log: Path) -> Iterator[AzureLocation]:
    """Serve one empty container from memory until the block ends."""
    port = free_port()
    location = AzureLocation(f"http://127.0.0.1:{port}", base64.b64encode(secrets.token_bytes(64)).decode(), container)
    # Clients speak newer versions of the protocol than this Azurite, which runs on the Node that Debian has, knows.
    command = [str(azurite_program()), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    server = ServerProcess(
        [*command, "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"],
        folder=folder,
        environment={**surroundings(folder), "AZURITE_ACCOUNTS": f"{ACCOUNT}:{location.key}"},
        log=log,
    )
    try:
        server.wait_until_ready(lambda: _answers(location.url), timeout_s=START_TIMEOUT_S)
        location.make_container()
        yield location
    finally:
        server.stop()


def _answers(url: str) -> bool:
    try:
        requests.get(url, timeout=2)
    except requests.ConnectionError:
        return False
    return True
