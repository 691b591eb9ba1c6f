from __future__ import annotations

import asyncio
import concurrent.futures
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dvc_sync_s3.process import Turn
from dvc_sync_s3.store import index
from dvc_sync_s3.store.committer import Committer
from dvc_sync_s3.store.generation import Generation
from dvc_sync_s3.store.transaction import Transaction


class StillClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)

    def monotonic_s(self) -> float:
        return 0.0


class Desk:
    """A committer whose transactions are counted, and whose first group can be held."""

    def __init__(self, path: Path) -> None:
        self.connection = index.set_up(path)
        self.statements: list[str] = []
        self.connection.set_trace_callback(self.statements.append)
        self.committer = Committer(
            self.connection,
            Turn(path.with_name("turn")),
            Generation(path.with_name("generation")),
            StillClock(),
            lambda _: None,
        )

    def commits(self) -> int:
        return self.statements.count("COMMIT")

    async def write_behind_a_held_group(self, writes: list[Callable[[Transaction], int]]) -> list[int | BaseException]:
        is_holding, may_go = threading.Event(), threading.Event()

        def hold(transaction: Transaction) -> int:
            is_holding.set()
            may_go.wait()
            return transaction.seq

        first = asyncio.create_task(self.committer.write(hold))
        await asyncio.to_thread(is_holding.wait)
        rest = [asyncio.create_task(self.committer.write(write)) for write in writes]
        await asyncio.gather(*[asyncio.sleep(0) for _ in rest])
        may_go.set()
        await first
        return await asyncio.gather(*rest, return_exceptions=True)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "index.db")
    yield desk
    desk.committer.close()


def add_change(transaction: Transaction) -> int:
    seq = transaction.next_seq()
    row = ("team", f"key-{seq}", seq, transaction.at_us)
    transaction.connection.execute("INSERT INTO deletions (bucket, key, seq, at) VALUES (?, ?, ?, ?)", row)
    return seq


def refuse(_: Transaction) -> int:
    raise LookupError("refused")


def fail_after_writing(transaction: Transaction) -> int:
    add_change(transaction)
    raise LookupError("too late")


def changes(desk: Desk) -> int:
    return desk.committer.write_and_wait(
        lambda transaction: int(transaction.connection.execute("SELECT count(*) FROM deletions").fetchone()[0])
    )


def test_a_hundred_writes_that_wait_share_one_commit(desk: Desk) -> None:
    results = asyncio.run(desk.write_behind_a_held_group([add_change] * 100))
    assert results == list(range(1, 101))
    assert desk.commits() == 2


def test_a_write_refused_before_its_first_row_is_refused_alone(desk: Desk) -> None:
    results = asyncio.run(desk.write_behind_a_held_group([add_change, refuse, add_change]))
    assert [type(result) for result in results] == [int, LookupError, int]
    assert changes(desk) == 2


def test_a_write_that_fails_half_way_takes_its_group_along_and_leaves_no_row(desk: Desk) -> None:
    results = asyncio.run(desk.write_behind_a_held_group([add_change, fail_after_writing, add_change]))
    assert [type(result) for result in results] == [LookupError] * 3
    assert changes(desk) == 0
    assert desk.committer.write_and_wait(add_change) == 1


def test_a_commit_the_disk_refuses_fails_the_group_and_the_next_works(desk: Desk) -> None:
    pages = desk.connection.execute("PRAGMA page_count").fetchone()[0]
    desk.connection.execute(f"PRAGMA max_page_count = {pages}")

    def add_much(transaction: Transaction) -> int:
        seq = add_change(transaction)
        transaction.connection.execute("INSERT INTO packs VALUES (?1, ?1, '[0]', zeroblob(100000))", (seq,))
        return seq

    results = asyncio.run(desk.write_behind_a_held_group([add_change, add_much]))
    assert [type(result) for result in results] == [sqlite3.OperationalError] * 2
    assert "full" in str(results[0])
    desk.connection.execute("PRAGMA max_page_count = 1000000")
    assert changes(desk) == 0
    assert desk.committer.write_and_wait(add_change) == 1


def test_closing_commits_what_is_queued(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "index.db")
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        seqs = [threads.submit(desk.committer.write_and_wait, add_change) for _ in range(20)]
        assert sorted(seq.result() for seq in seqs) == list(range(1, 21))
    desk.committer.close()
    again = Desk(tmp_path / "index.db")
    assert changes(again) == 20
    again.committer.close()
