"""Run a coroutine without a task: most end at their first step, and a task would cost as much as their work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


def run_in_steps(coroutine: Coroutine[Any, None, None]) -> None:
    """Run `coroutine` as far as it comes at once, and on whenever what it waits for, a future each time, is done.

    Call it on the event loop. It must raise nothing: nobody would hear of it. There is no current task in it, so no
    `asyncio.timeout`.
    """
    try:
        future = coroutine.send(None)
    except StopIteration:
        return
    _Steps(coroutine.send).wait(future)


class _Steps:
    __slots__ = ("_send",)

    def __init__(self, send: Callable[[None], Any]) -> None:
        self._send = send

    def take(self, _: asyncio.Future[Any] | None = None) -> None:
        try:
            future = self._send(None)
        except StopIteration:
            return
        self.wait(future)

    def wait(self, future: asyncio.Future[Any] | None) -> None:
        if future is None:  # asyncio.sleep(0)
            asyncio.get_running_loop().call_soon(self.take)
        else:
            future._asyncio_future_blocking = False  # what a task says to have understood
            future.add_done_callback(self.take)
