"""The wish to commit now."""

from pathlib import Path
from threading import Event

from dvc_sync_s3.sync.asking import FILE_NAME, Pauses, Wish


def test_a_wish_is_taken_once_however_often_it_was_made(tmp_path: Path) -> None:
    Wish(tmp_path).make()
    Wish(tmp_path).make()
    assert Wish(tmp_path).take()
    assert not Wish(tmp_path).take()


def test_a_wish_is_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    Wish(tmp_path).make()
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def test_a_pause_ends_early_with_a_wish_which_is_then_there_to_be_taken(tmp_path: Path) -> None:
    pauses = Pauses(Event(), Wish(tmp_path))
    Wish(tmp_path).make()
    assert not pauses.wait(3600.0)
    assert pauses.take_wish()
    assert not pauses.take_wish()


def test_a_pause_ends_with_the_worker(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    assert Pauses(stop, Wish(tmp_path)).wait(3600.0)


def test_a_pause_without_a_wish_is_as_long_as_it_was_asked_for(tmp_path: Path) -> None:
    class Noted(Event):
        waited_s = 0.0

        def wait(self, timeout: float | None = None) -> bool:
            self.waited_s += timeout or 0.0
            return False

    stop = Noted()
    assert not Pauses(stop, Wish(tmp_path)).wait(1.5)
    assert round(stop.waited_s, 3) == 1.5
