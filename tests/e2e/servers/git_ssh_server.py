"""A Git server by ssh: asyncssh before git's own upload-pack and receive-pack, opened by one deploy key."""

from __future__ import annotations

import asyncio
import os
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncssh

_COMMANDS = ("git-upload-pack", "git-receive-pack")


@dataclass(frozen=True, slots=True)
class GitSshServer:
    """Where the server listens, the private key that opens it, and a known_hosts file that names it."""

    port: int
    root: Path
    key_file: Path
    known_hosts_file: Path

    def url(self, name: str) -> str:
        """Return the address of the bare repository `name`."""
        return f"ssh://git@127.0.0.1:{self.port}/{name}"


class _Door(asyncssh.SSHServer):
    def __init__(self, key: asyncssh.SSHKey) -> None:
        self._key = key

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "git" and key == self._key


async def _serve(root: Path, process: asyncssh.SSHServerProcess[bytes]) -> None:
    command, path = shlex.split(process.command or "none none")[:2]
    if command not in _COMMANDS:
        process.exit(1)
        return
    child = await asyncio.create_subprocess_exec(
        command,
        str(root / path.lstrip("/")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(root),
            "GIT_PROTOCOL": process.env.get("GIT_PROTOCOL", ""),
        },
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    feeding = asyncio.create_task(_feed(process.stdin, child.stdin))
    await asyncio.gather(_pass_on(child.stdout, process.stdout), _pass_on(child.stderr, process.stderr))
    status = await child.wait()
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)
    process.exit(status)


async def _feed(source: asyncssh.SSHReader[bytes], target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    target.close()


async def _pass_on(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()


def make_key(path: Path) -> asyncssh.SSHKey:
    """Write a new private key that only its user may read."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(path)
    path.chmod(0o600)
    return key


@contextmanager
def serve_git_by_ssh(root: Path, folder: Path) -> Iterator[GitSshServer]:
    """Serve the bare repositories in `root` until the block ends; keys are written into `folder`."""
    deploy_key = make_key(folder / "deploy_key")
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host_key],
            server_factory=partial(_Door, deploy_key.convert_to_public()),
            process_factory=partial(_serve, root),
            encoding=None,
        )

    acceptor = loop.run_until_complete(start())
    known_hosts = folder / "known_hosts"
    public = host_key.export_public_key().decode().strip()
    known_hosts.write_text(f"[127.0.0.1]:{acceptor.get_port()} {public}\n", "utf-8")
    thread = threading.Thread(target=loop.run_forever, name="git-ssh-server")
    thread.start()
    try:
        yield GitSshServer(acceptor.get_port(), root, folder / "deploy_key", known_hosts)
    finally:
        asyncio.run_coroutine_threadsafe(_close(acceptor), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(acceptor: asyncssh.SSHAcceptor) -> None:
    acceptor.close()
    await acceptor.wait_closed()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
