"""Install packages into a virtual environment, and show how far that is: pip's --quiet says nothing for minutes.

    python scripts/install.py .venv requirements.txt

Runs on the standard library alone, since nothing is installed yet.
"""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from collections.abc import Iterable
from pathlib import Path

_WIDTH = 30
_LINE_EVERY_S = 10.0


def main() -> None:
    """Make the environment if it isn't there, and install into it; exit as pip does, with its words if it fails."""
    folder, requirements = Path(sys.argv[1]), Path(sys.argv[2])
    began_s = time.monotonic()
    if not (folder / "pyvenv.cfg").exists():
        venv.create(folder, with_pip=True)
    wanted = sum(not line.startswith(("#", "-", "\n")) for line in requirements.open(encoding="utf-8"))
    print(f"Installing {wanted} packages into {folder}: 1 to 3 minutes the first time.", flush=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = (python, "-m", "pip", "install", "--progress-bar=off", "-r", requirements)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        said = follow(pip.stdout, wanted)
    if pip.returncode:
        raise SystemExit("".join(said[-20:]))
    print(f"Installed in {time.monotonic() - began_s:.0f} s.", flush=True)


def follow(lines: Iterable[str], wanted: int) -> list[str]:
    """Show how many of the `wanted` packages pip has found; return what it said."""
    said, found, shown_s = [], 0, time.monotonic()
    for line in lines:
        said.append(line)
        found = min(wanted, found + ("(from -r " in line or line.startswith("Ignoring ")))
        if sys.stdout.isatty():
            print(f"\r{bar(found, wanted)}", end="", flush=True)
        elif time.monotonic() - shown_s > _LINE_EVERY_S:
            shown_s = time.monotonic()
            print(bar(found, wanted), flush=True)
    if sys.stdout.isatty():
        print()
    return said


def bar(found: int, wanted: int) -> str:
    """Return a bar of text.

    >>> bar(1, 3)
    '[##########                    ] 1 of 3 packages found'
    >>> bar(3, 3)
    '[##############################] 3 packages found, installing'
    """
    full = _WIDTH * found // max(1, wanted)
    words = f"{found} packages found, installing" if found == wanted else f"{found} of {wanted} packages found"
    return f"[{'#' * full}{' ' * (_WIDTH - full)}] {words}"


if __name__ == "__main__":
    main()
