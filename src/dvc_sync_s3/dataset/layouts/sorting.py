"""Lines of a dataset brought into another order, however many there are: on disk, by SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from dvc_sync_s3.dataset.model import RecordId

Element = tuple[RecordId | None, bytes]


def in_order(
    elements: Iterable[Element], order: Callable[[RecordId], tuple[int, int]], scratch: Path
) -> Iterator[Element]:
    """Yield the records of `elements` by `order`, then what is no record in the order in which it came.

    They stand in the file `scratch` meanwhile, which is removed at the end. Raises OSError.
    """
    scratch.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(scratch, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode=OFF")  # a file that nobody needs after a crash
            db.execute("PRAGMA synchronous=OFF")
            db.execute("CREATE TABLE elements (is_other, first, second, project, task, line)")
            db.execute("BEGIN")
            db.executemany("INSERT INTO elements VALUES (?, ?, ?, ?, ?, ?)", _rows(elements, order))
            db.execute("CREATE INDEX by_order ON elements (is_other, first, second)")
            db.execute("COMMIT")
            ordered = "SELECT project, task, line FROM elements ORDER BY is_other, first, second, rowid"
            for project, task, line in db.execute(ordered):
                yield None if project is None else RecordId(project, task), line
    finally:
        scratch.unlink(missing_ok=True)


def _rows(
    elements: Iterable[Element], order: Callable[[RecordId], tuple[int, int]]
) -> Iterator[tuple[int, int | None, int | None, int | None, int | None, bytes]]:
    for name, line in elements:
        if name is None:
            yield 1, None, None, None, None, line
        else:
            yield 0, *order(name), name.project, name.task, line
