"""What a statement costs, whatever the machine: steps of SQLite's own machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

_STEPS_PER_CALL = 10


def steps_of(connection: sqlite3.Connection, work: Callable[[], object]) -> int:
    """Return how many steps `work` takes on `connection`, to ten."""
    calls = 0

    def count() -> int:
        nonlocal calls
        calls += 1
        return 0

    connection.set_progress_handler(count, _STEPS_PER_CALL)
    work()
    connection.set_progress_handler(None, 0)
    return calls * _STEPS_PER_CALL
