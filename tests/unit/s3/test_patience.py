"""Waiting for a client ends in time, and only by its own clock."""

from __future__ import annotations

import asyncio

import pytest

from dvc_sync_s3.s3.patience import Patience

LONG_S = 60.0
pytestmark = pytest.mark.anyio


async def test_what_is_there_is_returned() -> None:
    patience = Patience(0.001)
    assert await patience.wait(asyncio.sleep(0, "a body"), LONG_S) == "a body"


async def test_a_wait_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        await Patience(0.001).wait(asyncio.Event().wait(), 0.005)


async def test_only_those_who_wait_too_long_are_interrupted() -> None:
    patience, arrived = Patience(0.001), asyncio.Event()
    patient = asyncio.create_task(patience.wait(arrived.wait(), LONG_S))
    with pytest.raises(TimeoutError):
        await patience.wait(asyncio.Event().wait(), 0.005)
    arrived.set()
    assert await patient is True


async def test_who_gave_up_once_can_wait_again() -> None:
    patience = Patience(0.001)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await patience.wait(asyncio.Event().wait(), 0.002)
    assert await patience.wait(asyncio.sleep(0.005, "late, but in time"), LONG_S) == "late, but in time"


async def test_a_cancelled_wait_stays_cancelled() -> None:
    task = asyncio.create_task(Patience(0.001).wait(asyncio.Event().wait(), LONG_S))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_is_cancelled_while_being_given_up_stays_cancelled() -> None:
    patience, waiting = Patience(0.001), asyncio.Event()

    async def held_up() -> None:
        try:
            waiting.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            task.cancel()  # by someone else, in the same moment
            raise

    task = asyncio.create_task(patience.wait(held_up(), 0.002))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert waiting.is_set()


def test_it_looks_in_a_later_loop_too() -> None:
    patience = Patience(0.001)
    asyncio.run(patience.wait(asyncio.sleep(0), LONG_S))

    async def wait_too_long() -> None:
        with pytest.raises(TimeoutError):
            await patience.wait(asyncio.Event().wait(), 0.005)

    asyncio.run(wait_too_long())
