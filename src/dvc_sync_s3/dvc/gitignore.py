"""The line by which Git leaves the data to DVC."""

from __future__ import annotations

import re
from pathlib import PurePosixPath


def with_ignored(previous: bytes | None, out: str) -> bytes | None:
    r"""Return the `.gitignore` beside `out` with the entry `dvc add` writes, None if it ignores `out` already.

    `previous` is its present content, None if there is no such file; what it holds stays byte for byte.

    >>> with_ignored(b"*.tmp", "data/data.json")
    b'*.tmp\n/data.json\n'
    >>> with_ignored(b"/data.json\n", "data/data.json") is None
    True
    """
    name = _pattern(out)
    before = previous or b""
    lines = {line.rstrip() for line in before.decode(errors="replace").splitlines()}
    if lines & {f"/{name}", name}:
        return None
    gap = b"\n" if before and not before.endswith(b"\n") else b""
    return before + gap + f"/{name}\n".encode()


def without_ignored(previous: bytes, out: str) -> bytes | None:
    r"""Return the `.gitignore` beside `out` without the entry `dvc add` wrote, None if nothing else is in it.

    `dvc remove` does the same.

    >>> without_ignored(b"*.tmp\n/data.json\n", "data/data.json")
    b'*.tmp\n'
    >>> without_ignored(b"/data.json\n", "data/data.json") is None
    True
    """
    entry = f"/{_pattern(out)}".encode()
    kept = b"".join(line for line in previous.splitlines(keepends=True) if line.rstrip() != entry)
    return kept or None


def _pattern(out: str) -> str:
    return re.sub(r"([\[\]!*#?])", r"\\\1", PurePosixPath(out).name)
