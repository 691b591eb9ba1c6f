"""The benchmark's rows about the sync run to their end: what they find is another matter, and takes minutes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
LINES = {
    "change": 4,
    "change_remote": 1,
    "change_json": 2,
    "first_load": 1,
    "teammate_pull": 1,
    "disk": 2,
    "put_during_sync": 1,
    "commits": 2,
}


@pytest.mark.parametrize("row", LINES)
def test_a_row_prints_its_lines(row: str, tmp_path: Path) -> None:
    lines = tmp_path / "lines.json"
    command = (sys.executable, str(BENCH / f"{row}.py"), "--tiny", "--folder", str(tmp_path), "--json", str(lines))
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(lines.read_text(encoding="utf-8"))
    assert [bool(line["figures"] and line["ratio"]) for line in found] == [True] * LINES[row]
    assert done.stdout.count("\n") == LINES[row] + 2
