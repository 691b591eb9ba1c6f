"""A worker's keeper, inside the server: one worker per data folder, started again whenever it dies.

Only the server process that holds the folder's lock keeps a worker, so a reload or a second server process starts no
second one; when that process ends, another takes over. The worker ends when its standard input does, which the
operating system sees to even if this process is killed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread

import structlog

from dvc_sync_s3.clock import Clock
from dvc_sync_s3.process import FileLock, end_group, never_wait, start_apart
from dvc_sync_s3.sync.lifetime import Lifetime
from dvc_sync_s3.sync.status import iso_ms

log = structlog.get_logger("sync")

LOCK_NAME = "supervisor.lock"
_LOCK_RETRY_S = 1.0
_POLL_S = 0.2
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0
_STOP_TIMEOUT_S = 1.0


class Supervisor:
    """Keep one worker process, that of the lock `lock_name` in `folder`, running from `start` to `close`."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        clock: Clock,
        lock_name: str = LOCK_NAME,
        descriptors: Sequence[int] = (),
        stop_timeout_s: float = _STOP_TIMEOUT_S,
        note: Callable[[Lifetime], None] = lambda _: None,
    ) -> None:
        """Run `command`, which inherits `descriptors`; end it by force `stop_timeout_s` after its input has ended.

        `note` is told of each start and each death.
        """
        self._lock = FileLock(folder / lock_name)
        self._input: int | None = None
        self._input_lock = Lock()
        self._command = tuple(command)
        self._descriptors = tuple(descriptors)
        self._stop_timeout_s = stop_timeout_s
        self._note = note
        self._clock = clock
        self._stop = Event()
        self._thread = Thread(target=self._run, name="sync-supervisor", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own; raises OSError if the lock can't be opened."""
        self._lock.try_acquire()
        self._thread.start()

    def wake(self) -> None:
        """Give the worker a byte to read; never waits, and does nothing while there is no worker."""
        with self._input_lock, contextlib.suppress(OSError):  # it has enough to read, or just died
            if self._input is not None:
                os.write(self._input, b".")

    def close(self) -> None:
        """End the worker and all that it started, waiting a moment for the step it is in."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._lock.try_acquire():
            if self._stop.wait(_LOCK_RETRY_S):
                return
        try:
            self._keep_running()
        finally:
            self._lock.release()

    def _keep_running(self) -> None:
        life = Lifetime(iso_ms(self._clock.now()))
        while not self._stop.is_set():
            started_s = self._clock.monotonic_s()
            life = replace(life, started_at=iso_ms(self._clock.now()))
            self._note(life)
            worker = start_apart(self._command, self._descriptors)
            assert worker.stdin is not None
            never_wait(worker.stdin)
            self._input = worker.stdin.fileno()
            code = self._watch(worker)
            if code is None:
                return
            deaths = 1 if self._clock.monotonic_s() - started_s > _STEADY_S else life.deaths + 1
            life = Lifetime(life.started_at, deaths, iso_ms(self._clock.now()), life.started_at, code)
            self._note(life)
            pause_s = pause_after(deaths)
            log.error("worker died", command=self._command[1:], code=code, restart_in_s=pause_s)
            self._stop.wait(pause_s)

    def _watch(self, worker: subprocess.Popen[bytes]) -> int | None:
        """Wait for the worker; return its exit code if it died, None if it was told to end."""
        while worker.poll() is None:
            if not self._stop.wait(_POLL_S):
                continue
            self._close_input(worker)
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(self._stop_timeout_s)
            end_group(worker)  # safe at any step: the next worker reads from the server how far this one came
            return None
        self._close_input(worker)
        end_group(worker)  # a git that it was waiting for
        return worker.returncode

    def _close_input(self, worker: subprocess.Popen[bytes]) -> None:
        assert worker.stdin is not None
        with self._input_lock:
            self._input = None
            worker.stdin.close()


def pause_after(deaths: int) -> float:
    """Return how long to wait before the next start, in seconds.

    >>> [pause_after(deaths) for deaths in (1, 2, 3, 20)]
    [0.5, 1.0, 2.0, 30.0]
    """
    return min(_LONGEST_PAUSE_S, 0.5 * 2.0 ** min(deaths - 1, 10))
