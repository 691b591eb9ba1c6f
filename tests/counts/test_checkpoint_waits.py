"""What a checkpoint waits for, and when: all who write wait while it is its turn."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.counts import checkpoint_program
from tests.counts.waits import waits_of

INDEX, BY_HAND = "index.db", "by-hand.db"


@pytest.fixture(scope="module")
def waits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[str]]:
    """Return, for each part of the program's work, which files it waited for and how often."""
    return waits_of(checkpoint_program.__name__, tmp_path_factory.mktemp("checkpoints"))


def test_sqlite_does_not_wait_for_what_a_checkpoint_moved_that_was_overtaken(waits: dict[str, Counter[str]]) -> None:
    assert waits["sqlite-overtaken"][BY_HAND] == 0
    assert waits["sqlite-all"][BY_HAND] == 1


def test_what_was_moved_is_on_disk_before_writers_have_to_wait(waits: dict[str, Counter[str]]) -> None:
    assert waits["overtaken"][INDEX] == 3  # after each of the two passes, and SQLite's own wait once all is moved
    assert waits["turn"] == {}
