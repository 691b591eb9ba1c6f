"""Which objects can't be used, and why: for people, read beside the worker."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dvc_sync_s3.sync.ledger import FILE_NAME

_NEWEST = """
SELECT bucket, key, skipped, (
    SELECT count(*) FROM held WHERE held.bucket = objects.bucket AND held.key = objects.key AND left_seq IS NULL
) FROM objects WHERE skipped IS NOT NULL ORDER BY seq DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class SkippedObject:
    """An object that can't be used, or not all of it, with the reason in words."""

    bucket: str
    key: str
    reason: str
    kept: int
    """How many annotations of it are in the dataset: as they were when they could last be read."""


def newest_skipped(folder: Path, limit: int) -> tuple[SkippedObject, ...]:
    """Return the skipped objects that changed last; none before the worker's first start.

    Opened for each call and read only: this process owns nothing of the ledger.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return ()
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return tuple(SkippedObject(*row) for row in connection.execute(_NEWEST, (limit,)))
    except sqlite3.OperationalError:  # the worker is making it right now
        return ()
