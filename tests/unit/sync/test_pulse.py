"""The worker's pulse, as others read it."""

from pathlib import Path

import pytest

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.sync.cycle import Step
from dvc_sync_s3.sync.pulse import FILE_NAME, Pulse, read_beat


def test_a_beat_tells_what_the_cycle_does_and_nothing_between_cycles(tmp_path: Path) -> None:
    pulse = Pulse(tmp_path, SystemClock())
    pulse.begin()
    pulse.done(Step.WRITTEN)
    pulse.beat()
    during = read_beat(tmp_path)
    pulse.end()
    pulse.beat()
    after = read_beat(tmp_path)
    assert during is not None
    assert after is not None
    assert (during.step, during.cycle_ended_at) == ("uploading to the DVC remote", None)
    assert after.step is None
    assert after.cycle_ended_at is not None


@pytest.mark.parametrize("step", Step)
def test_what_follows_each_step_has_words(tmp_path: Path, step: Step) -> None:
    pulse = Pulse(tmp_path, SystemClock())
    pulse.done(step)
    pulse.beat()
    beat = read_beat(tmp_path)
    assert beat is not None
    assert beat.step


def test_a_disk_that_takes_no_new_content_still_shows_that_the_worker_lives(tmp_path: Path) -> None:
    pulse = Pulse(tmp_path, SystemClock())
    pulse.beat()
    before = read_beat(tmp_path)
    (tmp_path / FILE_NAME).with_suffix(".tmp").mkdir()  # the new content can't be written
    pulse.beat()
    after = read_beat(tmp_path)
    assert before is not None
    assert after is not None
    assert after.at >= before.at


@pytest.mark.parametrize("torn", [b"", b"{", b"[]", b'{"mood": 1}', b"\xff"])
def test_a_torn_beat_is_none(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(torn)
    assert read_beat(tmp_path) is None
