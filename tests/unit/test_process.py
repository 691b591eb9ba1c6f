from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from dvc_sync_s3.process import FileLock

HOLD = """
import sys
from pathlib import Path
from dvc_sync_s3.process import FileLock
lock = FileLock(Path(sys.argv[1]))
print(lock.try_acquire(), flush=True)
sys.stdin.read()
"""


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
