"""Group commit: one thread, one transaction and one wait for the disk for all writes that queued meanwhile."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import queue
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from dvc_sync_s3.store.index import as_us
from dvc_sync_s3.store.puts import Put, put_together
from dvc_sync_s3.store.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dvc_sync_s3.clock import Clock
    from dvc_sync_s3.process import Turn
    from dvc_sync_s3.store.generation import Generation
    from dvc_sync_s3.store.index import IndexConnection

T = TypeVar("T")
_Loop = asyncio.AbstractEventLoop

THREAD_NAME = "store-committer"


class _Queued(Struct, frozen=True):
    write: Callable[[Transaction], object]
    future: asyncio.Future[Any] | concurrent.futures.Future[Any]
    loop: _Loop | None


class _Settled(Struct, frozen=True):
    queued: _Queued
    result: object = None
    error: BaseException | None = None


class Committer:
    """Run writes on `connection`, in the order they came, and call `committed` after each group with its size.

    A write may raise before it changes its first row: that refuses it alone. An error after that, or of
    the commit, fails the whole group, and nothing of the group is written.
    """

    def __init__(
        self,
        connection: IndexConnection,
        turn: Turn,
        generation: Generation,
        clock: Clock,
        committed: Callable[[int], None],
    ) -> None:
        """Own `connection`, and a `turn` and a `generation` of files that all committers of this index share.

        Who comes too early is let wait by SQLite up to 0.1 s longer than it must: sqlite3.c, sqliteDefaultBusyCallback.
        """
        self._connection = connection
        self._turn = turn
        self._generation = generation
        self._clock = clock
        self._committed = committed
        self._queue: queue.SimpleQueue[list[_Queued] | None] = queue.SimpleQueue()
        self._arriving: dict[_Loop, list[_Queued]] = {}
        self._last_size = 1
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
        self._thread.start()

    async def write(self, write: Callable[[Transaction], T]) -> T:
        """Return what `write` returned once it is on disk, or raise what it or its commit raised.

        Cancelling the caller doesn't take the write back.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        arriving = self._arriving.get(loop)
        if arriving is None:
            # Requests that came at the same time are written at the same time: the thread wakes once for all of them,
            arriving = self._arriving[loop] = []
            loop.call_soon(self._hand_over, loop)
        arriving.append(_Queued(write, future, loop))
        if len(arriving) >= self._last_size:  # or once all are there who were before; one alone waits for nobody
            self._hand_over(loop)
        return await future

    def write_and_wait(self, write: Callable[[Transaction], T]) -> T:
        """Do what `write` does for a caller that is a thread."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._queue.put([_Queued(write, future, None)])
        return future.result()

    def close(self) -> None:
        """Commit what is queued and end the thread; later writes would wait for ever."""
        for loop in tuple(self._arriving):
            self._hand_over(loop)
        self._queue.put(None)
        self._thread.join()
        self._connection.close()
        self._turn.close()
        self._generation.close()

    def _hand_over(self, loop: _Loop) -> None:
        if arriving := self._arriving.pop(loop, None):
            self._queue.put(arriving)

    def _run(self) -> None:
        is_open = True
        while is_open:
            lists = [self._queue.get()]
            settled = self._commit(lists)
            is_open = None not in lists
            if settled:
                self._last_size = len(settled)
                _deliver(settled)
                self._committed(len(settled))

    def _commit(self, lists: list[list[_Queued] | None]) -> list[_Settled]:
        """Write what is in `lists` and what is queued until it is our turn; add that to `lists`."""
        try:
            with self._turn:
                with contextlib.suppress(queue.Empty):
                    while True:
                        lists.append(self._queue.get_nowait())
                group = _in_order(lists)
                if not group:
                    return []
                with self._generation.committing():
                    return self._write(group)
        except BaseException as error:  # noqa: BLE001 - every caller raises it
            return [_Settled(queued, error=error) for queued in _in_order(lists)]

    def _write(self, group: Sequence[_Queued]) -> list[_Settled]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            transaction = Transaction(self._connection, as_us(self._clock.now()))
            settled = _evaluate_all(group, transaction)
            transaction.finish()
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.require_named()  # before anyone is told that it is stored
        return settled


def _in_order(lists: Iterable[list[_Queued] | None]) -> list[_Queued]:
    return [queued for queued_together in lists for queued in queued_together or ()]


def _evaluate_all(group: Sequence[_Queued], transaction: Transaction) -> list[_Settled]:
    settled: list[_Settled] = []
    for is_put, run in itertools.groupby(group, lambda queued: isinstance(queued.write, Put)):
        if is_put:
            settled += _put_together(list(run), transaction)
        else:
            settled += [_evaluate(queued, transaction) for queued in run]
    return settled


def _put_together(run: Sequence[_Queued], transaction: Transaction) -> list[_Settled]:
    results = put_together(transaction, [queued.write for queued in run if isinstance(queued.write, Put)])
    return [
        _Settled(queued, error=result) if isinstance(result, Exception) else _Settled(queued, result)
        for queued, result in zip(run, results, strict=True)
    ]


def _evaluate(queued: _Queued, transaction: Transaction) -> _Settled:
    connection = transaction.connection
    changes_before = connection.total_changes
    try:
        return _Settled(queued, queued.write(transaction))
    except BaseException as error:
        if connection.total_changes != changes_before or not connection.in_transaction:
            raise
        return _Settled(queued, error=error)


def _deliver(group: Sequence[_Settled]) -> None:
    by_loop: defaultdict[_Loop | None, list[_Settled]] = defaultdict(list)
    for settled in group:
        by_loop[settled.queued.loop].append(settled)
    for loop, of_loop in by_loop.items():
        if loop is None:
            _resolve(of_loop)
        else:
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(_resolve, of_loop)


def _resolve(group: Sequence[_Settled]) -> None:
    for settled in group:
        future = settled.queued.future
        if future.done():
            continue  # its caller was cancelled
        if settled.error is None:
            future.set_result(settled.result)
        else:
            future.set_exception(settled.error)
