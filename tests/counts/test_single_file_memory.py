"""What a change in a single file holds in memory: nothing that grows with the file, mapped pages included."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_MOST_GROWTH_KB = 16 * 1024
_PROGRAM = """
import sys
from pathlib import Path
from dvc_sync_s3.dataset.layouts.splicing import LINES, write
from dvc_sync_s3.dataset.layouts.bisection import patched
from dvc_sync_s3.dataset.model import RecordId

def peak_kb():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

def change(path, count, scattered):
    step = max(1, count // scattered)
    patch = {RecordId(1, number): line(number, b"b") for number in range(0, count, step)}
    with path.open("rb") as base:
        write(patched(path, LINES, patch), base, path.with_suffix(".new"))

def line(number, filling):
    return b'{"id":%d,"project":1,"data":{"t":"%s"},"annotations":[]}' % (number, filling * 3000)

path, count, scattered = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
few = path.with_suffix(".few")
for file, lines in ((few, 2000), (path, count)):
    with file.open("wb") as out:
        out.writelines(line(number, b"a") + b"\\n" for number in range(lines))
change(few, 2000, scattered)
before = peak_kb()
change(path, count, scattered)
print(peak_kb() - before)
"""


@pytest.mark.parametrize("scattered", [1, 100])
def test_a_change_in_a_large_file_takes_no_more_memory_than_in_a_small_one(tmp_path: Path, scattered: int) -> None:
    """90 MB against 6 MB, in a process of its own; the peak counts pages of the file that are mapped."""
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "data.jsonl"), "30000", str(scattered)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(told.stdout) < _MOST_GROWTH_KB
