"""A server that runs as its own process, with its output kept in a file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.e2e.servers.waiting import wait_until

STOP_TIMEOUT_S = 15
TAIL_CHARACTERS = 4000


def free_port() -> int:
    """Return a loopback port that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def surroundings(home: Path) -> dict[str, str]:
    """Return an environment that holds nothing of the user who runs the tests but the way to the programs."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "PATHEXT", "COMSPEC")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "USERPROFILE": str(home),
        "AWS_EC2_METADATA_DISABLED": "true",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / "dvc-site-cache"),
        # gcsfs asks for a bucket's type by gRPC, which the emulator lacks: 60 s lost for each command.
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LANG": "C.UTF-8",
        "NO_GCE_CHECK": "true",
    }


class ServerProcess:
    """A process group: the server and whatever it starts."""

    def __init__(self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        """Start `command` in `folder`; what it prints is added to `log`."""
        self.log = log
        self._command = command
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def output(self) -> str:
        """Return everything printed so far."""
        return self.log.read_text("utf-8", errors="replace")

    def wait_until_ready(self, is_ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Wait for `is_ready`; raises RuntimeError with the output if the process ends first."""

        def ready_or_ended() -> bool:
            if self._process.poll() is not None:
                tail = self.output()[-TAIL_CHARACTERS:]
                raise RuntimeError(f"{self._command[0]} ended with {self._process.returncode}:\n{tail}")
            return is_ready()

        wait_until(ready_or_ended, what=f"{self.log.stem} is ready (see {self.log})", timeout_s=timeout_s)

    def stop(self) -> int:
        """Ask the server to end, and end the whole group if it doesn't; returns the exit status."""
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            self._end_group()
        return self._process.returncode

    def kill(self) -> None:
        """End the server and its children at once, as a power cut would."""
        self._end_group()
        self._process.wait(STOP_TIMEOUT_S)

    def _end_group(self) -> None:
        if sys.platform == "win32":
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(self.pid)], check=False, capture_output=True)
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
