"""What a program waits for on the disk, told by the journal that it is run with."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.fault.power_cut.disk import Kind
from tests.fault.power_cut.recording import build_library, record

FOLDER = "/"
"""Stands for any folder among the names of files."""


def waits_of(program: str, workshop: Path) -> dict[str, Counter[str]]:
    """Run the module `program`; return, for each part of its work that it marks, how often it waited for which file."""
    recording = record(build_library(workshop), workshop, program)
    names: dict[int, str] = {}
    found: dict[str, Counter[str]] = {}
    part = "start"
    for call in recording.calls:
        if call.kind is Kind.MARK:
            part = call.data.decode()
            found.setdefault(part, Counter())
        elif call.kind is Kind.CREATE:
            names[call.inode] = call.path[-1]
        elif call.kind in {Kind.SYNC_FILE, Kind.SYNC_FOLDER}:
            name = FOLDER if call.kind is Kind.SYNC_FOLDER else names[call.inode]
            found.setdefault(part, Counter())[name] += 1
    return found
