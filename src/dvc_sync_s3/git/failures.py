"""What a failed git means for the cycle: the first row that fits, of tables in the order of who knows best."""

from __future__ import annotations

import re

from dvc_sync_s3.errors import SyncError
from dvc_sync_s3.git.complaints.forges import FORGES
from dvc_sync_s3.git.complaints.ours import OURS
from dvc_sync_s3.git.complaints.row import CloneBroken, Row
from dvc_sync_s3.git.complaints.servers import SERVERS

__all__ = ["CloneBroken", "classify"]


def classify(output: str, doing: str) -> SyncError:
    """Turn what a failed git said (stderr and porcelain lines, without secrets) into what to do next.

    >>> type(classify("! HEAD:refs/heads/main [rejected] (fetch first)", "push")).__name__
    'Rejected'
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    own = "\n".join(line for line in lines if not line.startswith(("remote:", "!")))
    said = [_ADDRESS.sub(" ", line) for line in lines]
    heard = "\n".join(line for line in said if not _GITS.match(line))
    row = _first(OURS, own) or _first(FORGES, heard) or _first(SERVERS, "\n".join(said)) or SERVERS[-1]
    return row.error(f"git {doing}: {_sentence(lines)}", hint=row.hint)


_ADDRESS = re.compile(r"(https?|ssh)://\S+|^To .*$|^![ \t]*\S+:\S+")
"""Where a person's names for a repository and a branch are: they would read like a reason."""
_GITS = re.compile(r"(fatal|error|warning):(?! remote error)")
"""Begins a line of our own git, never one of a forge."""

# Git's own lines, a server's, and those of ssh, which begin with nothing in particular.
_TELLING = re.compile(r"fatal:|error:|!|remote:|ssh:|host key|load key|.*permission denied", re.IGNORECASE)


def _first(rows: tuple[Row, ...], text: str) -> Row | None:
    return next((row for row in rows if re.search(row.pattern, text, re.IGNORECASE)), None)


def _sentence(lines: list[str]) -> str:
    telling = [line for line in lines if _TELLING.match(line)] or lines
    return "; ".join(telling)[:600] or "no reason given"
