"""The supervisor: one worker per data folder, started again when it dies."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.sync.lifetime import Lifetime, LifetimeFile
from dvc_sync_s3.sync.supervisor import LOCK_NAME, Supervisor

# Each worker leaves a mark; "die" ends by itself, "stay" ends when its standard input does.
DIE = "import sys, os; open(sys.argv[1] + '/' + str(os.getpid()), 'w').close(); sys.exit(3)"
STAY = "import sys, os; open(sys.argv[1] + '/' + str(os.getpid()), 'w').close(); sys.stdin.read()"


def keep(folder: Path, program: str) -> Supervisor:
    return Supervisor(folder, (sys.executable, "-c", program, str(folder / "marks")), SystemClock())


def until(is_true: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline_s, "gave up waiting"
        time.sleep(0.02)  # a poll of another process, bounded by the deadline


def marks(folder: Path) -> int:
    return len(list((folder / "marks").iterdir()))


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    supervisor = keep(tmp_path, DIE)
    supervisor.start()
    until(lambda: marks(tmp_path) >= 2)
    supervisor.close()


def test_each_death_is_written_down_with_how_it_ended(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    file = LifetimeFile(tmp_path)
    command = (sys.executable, "-c", DIE, str(tmp_path / "marks"))
    supervisor = Supervisor(tmp_path, command, SystemClock(), note=file.write)
    supervisor.start()
    until(lambda: (file.read() or Lifetime("")).deaths >= 2)
    supervisor.close()
    found = file.read()
    assert found is not None
    assert found.exit_code == 3
    assert (found.dead_started_at or "") <= (found.died_at or "")


def test_closing_ends_the_worker_and_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    supervisor = keep(tmp_path, STAY)
    supervisor.start()
    until(lambda: marks(tmp_path) == 1)
    supervisor.close()
    assert marks(tmp_path) == 1


def test_a_second_supervisor_on_the_folder_starts_none_and_takes_over_later(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    first, second = keep(tmp_path, STAY), keep(tmp_path, STAY)
    first.start()
    until(lambda: marks(tmp_path) == 1)
    second.start()
    first.close()
    until(lambda: marks(tmp_path) == 2)
    second.close()


def test_closing_one_that_never_started_is_no_error(tmp_path: Path) -> None:
    keep(tmp_path, STAY).close()


def test_a_lock_that_cannot_be_opened_fails_at_the_start(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).mkdir()
    supervisor = keep(tmp_path, STAY)
    with pytest.raises(IsADirectoryError):
        supervisor.start()
    supervisor.close()
