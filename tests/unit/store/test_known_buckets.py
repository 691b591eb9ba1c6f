from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dvc_sync_s3.store.generation import Generation
from dvc_sync_s3.store.known_buckets import KnownBuckets
from dvc_sync_s3.store.model import Bucket

TEAM = Bucket("team", datetime(2026, 11, 23, tzinfo=UTC))


class Index:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, Bucket] = {"team": TEAM}
        self.reads = 0
        self.known = self.process()

    def process(self) -> KnownBuckets:
        """Return what one more process knows."""
        return KnownBuckets(self.read, Generation(self.path))

    def read(self, name: str) -> Bucket | None:
        self.reads += 1
        return self.rows.get(name)

    async def remove(self) -> None:
        del self.rows["team"]

    async def be_asked_and_remove(self) -> None:
        assert self.known.get("team") == TEAM
        del self.rows["team"]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "buckets.generation")
    yield index
    index.known.close()


def test_a_bucket_that_nobody_changes_is_read_once(index: Index) -> None:
    assert [index.known.get("team") for _ in range(100)] == [TEAM] * 100
    assert index.reads == 1


def test_that_there_is_no_bucket_is_never_remembered(index: Index) -> None:
    assert index.known.get("other") is None
    index.rows["other"] = TEAM
    assert index.known.get("other") == TEAM


def test_a_bucket_that_was_changed_is_read_anew_by_every_process(index: Index) -> None:
    other = index.process()
    assert (index.known.get("team"), other.get("team")) == (TEAM, TEAM)
    asyncio.run(other.change(index.remove()))
    assert (index.known.get("team"), other.get("team")) == (None, None)
    other.close()


def test_what_was_read_while_a_bucket_changed_is_not_remembered(index: Index) -> None:
    other = index.process()
    asyncio.run(other.change(index.be_asked_and_remove()))
    assert index.known.get("team") is None
    other.close()


def test_a_process_that_died_while_it_changed_a_bucket_is_not_waited_for(index: Index) -> None:
    dead = Generation(index.path).committing()
    dead.__enter__()
    index.known.get("team")
    index.known.get("team")
    assert index.reads == 2  # nobody trusts what may be changing
    started = index.process()
    assert (started.get("team"), started.get("team")) == (TEAM, TEAM)
    assert index.reads == 3
    started.close()
