"""The sync's ledger survives a power cut: what was written down before a push is there after it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dvc_sync_s3.sync.ledger import Ledger
from tests.fault.power_cut import ledger_program
from tests.fault.power_cut.disk import Survivors
from tests.fault.power_cut.recording import Cut, record, sample

POINTS = 60


def forgotten(cut: Cut) -> list[str]:
    """Return what the ledger doesn't remember of what it was told."""
    said = [(word, value) for word, value in cut.marks]
    ledger = Ledger(cut.folder)
    try:
        wrong = [f"instance {name}" for word, name in said if word == "instance" and name != ledger.instance]
        landed = max((int(seq) for word, seq in said if word == "landed"), default=0)
        begun = {int(seq) for word, seq in said if word == "begun"}
        if ledger.position < landed:
            wrong.append(f"position {landed}")
        attempts = {attempt.seq: attempt for attempt in ledger.attempts()}
        wrong += [f"attempt {seq}" for seq in begun if seq > ledger.position and seq not in attempts]
        wrong += [f"all of {seq}" for seq, attempt in attempts.items() if attempt != ledger_program.attempt_of(seq)]
    finally:
        ledger.close()
    return wrong


def all_forgotten(cuts: Iterable[Cut]) -> dict[str, list[str]]:
    found = {cut.name: forgotten(cut) for cut in cuts}
    assert found
    return {name: wrong for name, wrong in found.items() if wrong}


def test_a_push_written_down_survives_a_power_cut(library: Path, tmp_path: Path, workshop: Path) -> None:
    recording = record(library, tmp_path, ledger_program.__name__)
    marks = [point for word in ("instance", "begun", "landed") for point in recording.marks(word)]
    others = sample(recording.points(lambda _: True), POINTS)
    assert all_forgotten(recording.cut(marks + others, Survivors, workshop)) == {}


def test_the_rig_finds_a_ledger_that_does_not_wait_for_the_disk(library: Path, tmp_path: Path, workshop: Path) -> None:
    recording = record(library, tmp_path, ledger_program.__name__, is_deaf="yes")
    points = recording.marks("begun")
    assert len(all_forgotten(recording.cut(points, [Survivors.NOTHING], workshop))) == len(points)
