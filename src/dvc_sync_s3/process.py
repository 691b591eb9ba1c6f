"""Processes: locks that die with their holder, and children that leave nobody behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, NoReturn

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _wait_and_lock(descriptor: int) -> None:
        while True:
            # LK_LOCK gives up after ten tries, one a second.
            with contextlib.suppress(OSError):
                return msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

    def _take_turn(descriptor: int) -> None:
        """Do nothing: Windows would look once a second whether it is our turn."""

    def _end_turn(descriptor: int) -> None:
        """Do nothing."""

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _wait_and_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    _take_turn = _wait_and_lock

    def _end_turn(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def step_back() -> None:
    """Let other processes go first from now on, where the system has a way to say so."""
    if sys.platform != "win32":
        os.nice(10)


def never_wait(pipe: IO[bytes]) -> None:
    """Let a write to a full `pipe` raise BlockingIOError, where the system can."""
    if sys.platform != "win32":
        os.set_blocking(pipe.fileno(), False)


def end_with_parent() -> None:
    """End this process, as if it were asked to, when the server process that started it is gone.

    Killed, a server of several processes would leave the others behind, on the port that the next one needs.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


def is_first_of_its_kind() -> bool:
    """Tell whether this process is the only one of a server, or the first of several that it started."""
    return multiprocessing.current_process().name in {"MainProcess", "SpawnProcess-1"}


class FileLock:
    """Hold `path` for one holder at a time; the system releases it when the holding process dies.

    The empty file stays behind: removing it would let two holders lock two files of one name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Return whether this lock is held now, without waiting; raises OSError if `path` can't be opened."""
        if self._descriptor is not None:
            return True
        descriptor = self._open()
        try:
            _lock(descriptor)
        except (BlockingIOError, PermissionError):  # the latter is what Windows says
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def acquire(self) -> None:
        """Wait until this lock is held; raises OSError if `path` can't be opened."""
        if self._descriptor is None:
            descriptor = self._open()
            try:
                _wait_and_lock(descriptor)
            except BaseException:
                os.close(descriptor)
                raise
            self._descriptor = descriptor

    def release(self) -> None:
        """Let the next holder in; does nothing if this lock is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)


class Turn:
    """Let one process after the other do something: whoever waits sleeps until the system wakes it.

    A courtesy, not a lock: where the system has no such way, nobody waits.
    """

    def __init__(self, path: Path) -> None:
        """Raise OSError if `path` can't be opened."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def __enter__(self) -> None:
        _take_turn(self._descriptor)

    def __exit__(self, *_: object) -> None:
        _end_turn(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def start_apart(
    command: Sequence[str], descriptors: Sequence[int] = (), environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `command`, which inherits `descriptors`, in a session of its own where the system has sessions.

    Then one signal reaches all that it starts, and Ctrl+C reaches none of it. Its standard input is a pipe.
    """
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, pass_fds=descriptors, env=environment, start_new_session=True
    )


def end_group(leader: subprocess.Popen[bytes]) -> None:
    """End what `start_apart` started, alive or not, with all that it left behind, and wait for it."""
    if sys.platform == "win32":
        _end_with_descendants(leader)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left
            os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()


def end_with_all_it_started() -> NoReturn:
    """End this process at once, and before it all that it started."""
    for descendant in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            descendant.kill()
    os._exit(1)


def run_child(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    timeout_s: float,
    stdin: bytes = b"",
    umask: int | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run `command` to its end, with this environment alone, and return what it printed; `umask` None is ours.

    Raises subprocess.TimeoutExpired after ending it and all that it started: git leaves its connection to ssh or an
    HTTP helper, which would wait for a dead server for ever. Raises OSError if it can't be started.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        umask=-1 if umask is None else umask,
    ) as child:
        try:
            printed, complained = child.communicate(stdin, timeout_s)
        except BaseException:
            _end_with_descendants(child)
            raise
    return subprocess.CompletedProcess(command, child.returncode, printed, complained)


def _end_with_descendants(child: subprocess.Popen[bytes]) -> None:
    descendants = []
    with contextlib.suppress(psutil.NoSuchProcess):
        descendants = psutil.Process(child.pid).children(recursive=True)
    child.kill()
    for descendant in descendants:
        with contextlib.suppress(psutil.NoSuchProcess):  # psutil knows by the start time if a number was given anew
            descendant.kill()
