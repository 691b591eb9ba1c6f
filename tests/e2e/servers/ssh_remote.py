"""A machine to which DVC connects by ssh: asyncssh's server with SFTP on a folder."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncssh

from tests.e2e.servers.team import DvcRemote

USER = "dvc"


@dataclass(frozen=True, slots=True)
class SshLocation:
    """Where the server listens, what it serves, and the private key that opens it."""

    port: int
    folder: Path
    key_file: Path

    @property
    def remote(self) -> DvcRemote:
        """Return the DVC remote that a team makes of it."""
        options = {"port": str(self.port), "user": USER}
        return DvcRemote("storage", "ssh://127.0.0.1/team", options, {"keyfile": str(self.key_file)})


class _Door(asyncssh.SSHServer):
    """Let in whoever has a key that is in the file when they come."""

    def __init__(self, authorized: Path, connections: list[asyncssh.SSHServerConnection]) -> None:
        self._authorized = authorized
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return key.export_public_key() == self._authorized.read_bytes()


@contextmanager
def serve_ssh(folder: Path, *, port: int = 0) -> Iterator[SshLocation]:
    """Serve `folder/files` by SFTP to whoever has the key beside it, until the block ends; 0 is any free port."""
    files, key_file = folder / "files", folder / "id_ed25519"
    (files / "team").mkdir(parents=True, exist_ok=True)
    if not key_file.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(key_file)
        key_file.chmod(0o600)
        (folder / "authorized_keys").write_bytes(key.export_public_key())
    connections: list[asyncssh.SSHServerConnection] = []
    loop = asyncio.new_event_loop()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            port,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            server_factory=partial(_Door, folder / "authorized_keys", connections),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(files).encode()),
        )

    acceptor = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, name="ssh-server")
    thread.start()
    try:
        yield SshLocation(acceptor.get_port(), files, key_file)
    finally:
        asyncio.run_coroutine_threadsafe(_close(acceptor, connections), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(acceptor: asyncssh.SSHAcceptor, connections: list[asyncssh.SSHServerConnection]) -> None:
    acceptor.close()
    for connection in connections:
        connection.abort()
        await connection.wait_closed()
    await acceptor.wait_closed()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
