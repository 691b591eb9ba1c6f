"""Waiting for a client, but not for ever: one look at the clock for all who wait, instead of a timer for each wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")

LOOK_EVERY_S = 1.0


class Patience:
    """Interrupt whoever waits too long, up to `look_every_s` late.

    Almost every wait ends at once, and a timer of its own would cost more than all else that is done for it.
    """

    def __init__(self, look_every_s: float = LOOK_EVERY_S) -> None:
        self._look_every_s = look_every_s
        self._deadlines_s: dict[asyncio.Task[object], float] = {}
        self._given_up: set[asyncio.Task[object]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        """Where the next look is planned."""

    async def wait(self, awaitable: Awaitable[T], most_s: float) -> T:
        """Return what `awaitable` returns; raise TimeoutError if that takes longer than `most_s` seconds.

        One wait at a time for each task.
        """
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        cancelling = task.cancelling()
        self._deadlines_s[task] = loop.time() + most_s
        if self._loop is not loop:
            self._plan(loop)
        try:
            return await awaitable
        except asyncio.CancelledError:
            if task in self._given_up and task.uncancel() <= cancelling:
                raise TimeoutError from None
            raise
        finally:
            del self._deadlines_s[task]
            self._given_up.discard(task)

    def _plan(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        loop.call_later(self._look_every_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is loop:
            self._loop = None
        now_s = loop.time()
        for task, deadline_s in self._deadlines_s.items():
            if deadline_s <= now_s and task not in self._given_up and task.get_loop() is loop:
                self._given_up.add(task)
                task.cancel()
        if self._deadlines_s and self._loop is None:
            self._plan(loop)
