"""Measure every row, each in a process of its own, and print one table: `make bench`, `bench-quick`, `bench-full`.

Verdicts are printed, not enforced: the exit status is 1 only if a row could not be measured. CI counts instead
(`tests/counts`): noise can't shake that.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rig.load import source
from rig.table import Line, read_lines, render

ROWS: tuple[str, ...] = ("put", "put_during_sync", "get", "list_page", "change", "change_remote", "change_json")
ROWS += ("first_load", "teammate_pull", "memory", "start", "disk", "commits")
QUICK_ROWS = ("put", "get", "change", "memory", "commits")
"""What fits into two minutes."""
_HERE = Path(__file__).parent
_ROW_TIMEOUT_S = {"--quick": 300, "": 900, "--full": 4 * 3600}


def main() -> int:
    """Run the rows that the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_const", const="--quick", dest="size", default="")
    parser.add_argument("--full", action="store_const", const="--full", dest="size")
    parser.add_argument("--folder", help="on the disk to be measured; a temporary folder if not given")
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], help="all if not given")
    asked = parser.parse_args()
    print(machine(), flush=True)
    began_s = time.monotonic()
    lines: list[Line] = []
    missing: list[str] = []
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder, ignore_cleanup_errors=True) as place:
        for row in asked.rows or (QUICK_ROWS if asked.size == "--quick" else ROWS):
            row_began_s = time.monotonic()
            found = _run(row, asked.size, Path(place))
            lines += found or []
            missing += [] if found is not None else [row]
            took = f"{row}: {time.monotonic() - row_began_s:.0f} s"
            # At once: who ends a long run has what it found.
            print(
                "\n".join([took, *(f"  {each.what}: {each.figures}; {each.ratio}" for each in found or ())]),
                file=sys.stderr,
            )
    print(f"\n{render(lines)}\n")
    verdicts = [line.verdict for line in lines]
    print(f"{verdicts.count('PASS')} PASS, {verdicts.count('FAIL')} FAIL, {verdicts.count('-')} not judged", end="; ")
    print(f"{time.monotonic() - began_s:.0f} s; load average at the end {os.getloadavg()[0]:.1f}")
    if missing:
        print(f"NOT MEASURED: {', '.join(missing)}")
    return 1 if missing else 0


def machine() -> str:
    """Return what the figures were measured on, as a paragraph."""
    commit = subprocess.run(
        ("git", "describe", "--always", "--dirty"), cwd=_HERE, capture_output=True, text=True, check=False
    )
    return (
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, commit {commit.stdout.strip()}; load from {source()}; "
        f"load average at the start {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.partition(": ")[2] for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _run(row: str, size: str, place: Path) -> list[Line] | None:
    """Return a row's lines, None if it failed.

    What a row wrote is removed after the last one: for minutes after the removal of many files ext4 takes up to a
    millisecond instead of 10 to 50 us for each new one (`recently_deleted` in fs/ext4/ialloc.c), and the next row
    would be the one to pay. With a million of everything the disk may have no room for that.
    """
    lines = place / f"{row}.json"
    command = [sys.executable, str(_HERE / f"{row}.py"), "--json", str(lines), "--folder", str(place)]
    command += [size] if size else []
    command += ["--keep"] if size != "--full" else []
    try:
        subprocess.run(command, check=True, timeout=_ROW_TIMEOUT_S[size], stdout=subprocess.DEVNULL)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"{row}: {error}", file=sys.stderr, flush=True)
        return None
    return read_lines(lines)


if __name__ == "__main__":
    raise SystemExit(main())
