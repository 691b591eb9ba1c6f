from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from dvc_sync_s3.process import FileLock, Turn, run_child
from tests.e2e.servers.waiting import wait_until

HOLD = """
import sys
from pathlib import Path
from dvc_sync_s3.process import FileLock
lock = FileLock(Path(sys.argv[1]))
print(lock.try_acquire(), flush=True)
sys.stdin.read()
"""

PARENT = "sleep 60 & echo $! > grandchild; wait"


def test_a_lock_has_one_holder_until_it_is_released(tmp_path: Path) -> None:
    one, two = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert one.try_acquire()
    assert one.try_acquire()
    assert not two.try_acquire()
    one.release()
    one.release()
    assert two.try_acquire()
    two.release()


def test_a_lock_dies_with_the_process_that_held_it(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not lock.try_acquire()
        holder.kill()
    assert lock.try_acquire()
    lock.release()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't wait for a turn")
def test_one_has_its_turn_when_the_other_has_had_it(tmp_path: Path) -> None:
    one, two = Turn(tmp_path / "turn"), Turn(tmp_path / "turn")
    order: list[str] = []

    def take_turn() -> None:
        with two:
            order.append("two")

    thread = threading.Thread(target=take_turn)
    with one:
        thread.start()
        thread.join(0.05)
        order.append("one")
    thread.join()
    one.close()
    two.close()
    assert order == ["one", "two"]


def test_acquire_waits_for_the_holder(tmp_path: Path) -> None:
    one, two = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    one.acquire()
    has_lock = threading.Event()

    def wait() -> None:
        two.acquire()
        has_lock.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not has_lock.wait(0.05)
    one.release()
    thread.join()
    assert has_lock.is_set()
    two.release()


def test_a_child_gets_what_it_reads_and_only_the_environment_given(tmp_path: Path) -> None:
    program = "import os, sys; print(sys.stdin.read(), os.environ.get('GIVEN'), os.environ.get('HOME'))"
    done = run_child(
        [sys.executable, "-c", program], folder=tmp_path, environment={"GIVEN": "g"}, timeout_s=60, stdin=b"read"
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [b"read", b"g", b"None"], b"")


def test_a_child_that_takes_too_long_ends_with_all_it_started(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_child(["/bin/sh", "-c", PARENT], folder=tmp_path, environment={"PATH": os.defpath}, timeout_s=2)
    grandchild = int((tmp_path / "grandchild").read_text())
    wait_until(lambda: is_over(grandchild), what="the end of what the child started", timeout_s=10)


def is_over(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
