from __future__ import annotations

from datetime import UTC, datetime

from dvc_sync_s3.store.known_buckets import TRUSTED_S, KnownBuckets
from dvc_sync_s3.store.model import Bucket


class MovingClock:
    def __init__(self) -> None:
        self.time_s = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)

    def monotonic_s(self) -> float:
        return self.time_s


class Index:
    def __init__(self) -> None:
        self.clock = MovingClock()
        self.rows: dict[str, Bucket] = {}
        self.reads = 0
        self.known = KnownBuckets(self.read, self.clock)

    def read(self, name: str) -> Bucket | None:
        self.reads += 1
        return self.rows.get(name)


TEAM = Bucket("team", datetime(2026, 11, 23, tzinfo=UTC))


def test_a_bucket_is_read_once_a_second() -> None:
    index = Index()
    index.rows["team"] = TEAM
    assert [index.known.get("team") for _ in range(100)] == [TEAM] * 100
    assert index.reads == 1
    index.clock.time_s += TRUSTED_S
    del index.rows["team"]
    assert index.known.get("team") is None


def test_that_there_is_no_bucket_is_never_remembered() -> None:
    index = Index()
    assert index.known.get("team") is None
    index.rows["team"] = TEAM
    assert index.known.get("team") == TEAM


def test_a_bucket_that_was_written_is_read_anew() -> None:
    index = Index()
    index.rows["team"] = TEAM
    index.known.get("team")
    del index.rows["team"]
    index.known.forget("team")
    assert index.known.get("team") is None


def test_what_was_read_before_a_write_ended_is_not_remembered_after_it() -> None:
    index = Index()

    def read_while_a_write_ends(name: str) -> Bucket | None:
        index.reads += 1
        index.known.forget(name)
        return TEAM

    index.known = KnownBuckets(read_while_a_write_ends, index.clock)
    assert [index.known.get("team"), index.known.get("team")] == [TEAM, TEAM]
    assert index.reads == 2
