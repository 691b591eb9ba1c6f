"""What a look at the waiting changes asks of SQLite, five times a second: the same however many wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvc_sync_s3.store import index
from dvc_sync_s3.store.folder import DataFolder
from dvc_sync_s3.store.reader import Reader

FEW, MANY = 2_000, 40_000
MOST_STEPS = 200
STEPS_PER_COUNTED = 15
_ADD = """
INSERT INTO objects (bucket, key, seq, size, etag, modified_at, headers, metadata, checksums, place)
VALUES ('team', ?, ?, 2048, 'etag', 0, '[]', '[]', '[]', 'tree')
"""
_DELETE = "INSERT INTO deletions (bucket, key, seq, at, published) VALUES ('team', ?, ?, 0, 1)"


class CountingReader(Reader):
    """A reader that counts the steps of SQLite's virtual machine."""

    steps = 0

    def _connection(self) -> index.IndexConnection:
        connection = super()._connection()
        connection.set_progress_handler(self._count, 1)
        return connection

    def _count(self) -> int:
        self.steps += 1
        return 0


def reader_of(folder: Path, changes: int) -> CountingReader:
    """Return a reader of an index in which so many changes wait, half of them deletions."""
    made = DataFolder(folder)
    made.make()
    connection = index.set_up(made.index)
    connection.execute("BEGIN")
    connection.executemany(_ADD, ((f"kept/{seq:06}", seq) for seq in range(1, changes, 2)))
    connection.executemany(_DELETE, ((f"gone/{seq:06}", seq) for seq in range(2, changes + 1, 2)))
    connection.execute("COMMIT")
    connection.close()
    return CountingReader(folder)


@pytest.mark.parametrize("counted", [1, 100])
def test_a_look_at_what_waits_costs_the_same_however_much_it_is(tmp_path: Path, counted: int) -> None:
    steps = []
    for changes in (FEW, MANY):
        reader = reader_of(tmp_path / str(changes), changes)
        waiting = reader.waiting(0, counted)
        assert (waiting.count, waiting.last_seq) == (counted, changes)
        steps.append(reader.steps)
        reader.close_connections()
    assert abs(steps[0] - steps[1]) <= 8
    assert steps[1] <= MOST_STEPS + STEPS_PER_COUNTED * counted
