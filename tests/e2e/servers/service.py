"""Our service, started as a user starts it: `uvicorn main:app` in a folder with an `.env`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import requests

from tests.e2e.servers.private_ca import PrivateCa
from tests.e2e.servers.process import ServerProcess, free_port, surroundings
from tests.e2e.servers.s3_remote import S3Location
from tests.e2e.servers.waiting import wait_until

CHECKOUT = Path(__file__).parents[3]
READY_TIMEOUT_S = 30
SYNC_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Status:
    """What `/-/status.json` says."""

    state: str
    pending: int | None
    last_seq: int
    synced_seq: int | None
    last_commit: str | None
    last_sync_at: str | None
    error: str | None
    hint: str | None

    @property
    def is_synced(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return self.state == "idle" and self.pending == 0 and self.synced_seq == self.last_seq


class Service:
    """One service on one port; it keeps its port, folder and settings over `kill` and `restart`."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        *,
        environment: Mapping[str, str],
        tls: PrivateCa | None,
        log: Path,
    ) -> None:
        """Write `settings` as `.env` into `folder` and start the service there, with `environment` added."""
        self.folder = folder
        self.log = log
        self._settings = settings
        self._environment = environment
        self._tls = tls
        self._port = free_port()
        (folder / "home").mkdir(exist_ok=True)
        (folder / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()), "utf-8")
        self._process = self._start()

    @property
    def url(self) -> str:
        """The service's address."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """The service's port."""
        return self._port

    def beside(self, settings: Mapping[str, str]) -> Service:
        """Start another service on the same data folder, with these settings changed and a port of its own."""
        changed = {**self._settings, **settings}
        return Service(self.folder, changed, environment=self._environment, tls=self._tls, log=self.log)

    @property
    def location(self) -> S3Location:
        """The bucket as an S3 client reaches it."""
        return S3Location(
            self.url,
            self._settings["AWS_ACCESS_KEY_ID"],
            self._settings["AWS_SECRET_ACCESS_KEY"],
            self._settings["S3_BUCKET"],
            self._tls.ca_bundle if self._tls else None,
        )

    def put(self, key: str, body: bytes) -> None:
        """Put one object."""
        with self.location.client() as client:
            client.put_object(Bucket=self.location.bucket, Key=key, Body=body)

    def delete(self, key: str) -> None:
        """Delete one object."""
        with self.location.client() as client:
            client.delete_object(Bucket=self.location.bucket, Key=key)

    def status(self) -> Status:
        """Return what the service says of itself."""
        answer = self._get("/-/status.json")
        answer.raise_for_status()
        body = answer.json()
        return Status(**{field.name: body[field.name] for field in fields(Status)})

    def wait_until_synced(self, timeout_s: float = SYNC_TIMEOUT_S) -> Status:
        """Wait until everything acknowledged is on the branch; returns the status then."""
        return self._wait_for(lambda status: status.is_synced, "synced", timeout_s)

    def wait_until_state(self, state: str, timeout_s: float = SYNC_TIMEOUT_S) -> Status:
        """Wait until the service says it is in `state`; returns the first such status."""
        return self._wait_for(lambda status: status.state == state, state, timeout_s)

    def _wait_for(self, is_wanted: Callable[[Status], bool], what: str, timeout_s: float) -> Status:
        seen = [self.status()]

        def is_there() -> bool:
            seen.append(self.status())
            return is_wanted(seen[-1])

        try:
            wait_until(is_there, what=what, timeout_s=timeout_s)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; last seen: {seen[-1]}") from None
        return seen[-1]

    def output(self) -> str:
        """Return everything the service has logged."""
        return self._process.output()

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def kill(self) -> None:
        """End server and sync process with SIGKILL."""
        self._process.kill()

    def stop(self) -> int:
        """End the service as `Ctrl-C` would; returns its exit status."""
        return self._process.stop()

    def restart(self) -> None:
        """Start the service again where it was, after `kill` or `stop`."""
        self._process = self._start()

    def _start(self) -> ServerProcess:
        command = [sys.executable, "-m", "uvicorn", "main:app", "--app-dir", str(CHECKOUT)]
        command += ["--host", "127.0.0.1", "--port", str(self._port)]
        if self._tls:
            command += ["--ssl-keyfile", str(self._tls.private_key)]
            command += ["--ssl-certfile", str(self._tls.certificate)]
        environment = {**surroundings(self.folder / "home"), **self._environment}
        process = ServerProcess(command, folder=self.folder, environment=environment, log=self.log)
        try:
            process.wait_until_ready(self._is_ready, timeout_s=READY_TIMEOUT_S)
        except (RuntimeError, TimeoutError):
            process.kill()
            raise
        return process

    def _is_ready(self) -> bool:
        try:
            return self._get("/-/ready").ok
        except requests.ConnectionError:
            return False

    def _get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=10, verify=str(self._tls.ca_bundle) if self._tls else True)
