"""One row of a table: what was said, what to do next, and what to tell a person."""

from __future__ import annotations

from typing import NamedTuple

from dvc_sync_s3.errors import SyncError, Transient


class CloneBroken(Transient):
    """Our clone is damaged: it is thrown away and built again by the next refresh."""


class Row(NamedTuple):
    """A regular expression, searched in lower and upper case alike, the error it means and the error's hint."""

    pattern: str
    error: type[SyncError]
    hint: str
