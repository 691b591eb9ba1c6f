"""How often a write waits for the disk: what PUT costs, however fast or slow the disk is."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.counts import waits_program
from tests.counts.waits import FOLDER, waits_of
from tests.counts.waits_program import ALONE, LARGE, TOGETHER

PUBLISHED = ALONE + 1 + TOGETHER + LARGE


@pytest.fixture(scope="module")
def waits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[str]]:
    """Return, for each part of the program's work, what it waited for and how often."""
    parts = waits_of(waits_program.__name__, tmp_path_factory.mktemp("waits"))
    return {part: _told(files) for part, files in parts.items()}


def _told(files: Counter[str]) -> Counter[str]:
    told = Counter[str]()
    for name, times in files.items():
        told[{FOLDER: "a folder", "index.db-wal": "a commit", "index.db": "the index"}.get(name, "a file")] += times
    return told


def test_a_put_alone_waits_for_one_commit(waits: dict[str, Counter[str]]) -> None:
    assert waits["alone"] == {"a commit": ALONE}


def test_puts_that_come_together_wait_for_one_commit_together(waits: dict[str, Counter[str]]) -> None:
    assert waits["together"] == {"a commit": 2}  # the one that held the others up, and all the others


def test_a_large_put_waits_for_its_file_its_folder_and_one_commit(waits: dict[str, Counter[str]]) -> None:
    assert waits["large"] == {"a file": LARGE, "a folder": LARGE, "a commit": LARGE}


def test_publishing_waits_once_for_each_small_body_and_a_few_times_for_all(waits: dict[str, Counter[str]]) -> None:
    folders = 5  # the data folder, the bucket's, and the three in it
    assert waits["publish"] == {"a file": PUBLISHED - LARGE, "a folder": folders, "a commit": 1}
