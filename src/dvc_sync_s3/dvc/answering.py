"""A remote that takes the connection and says nothing is told of soon, whatever library talks to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from dvc_sync_s3.errors import Transient

_FIRST_S, _LATER_S = 10.0, 120.0
_T = TypeVar("_T")


class Answering:
    """Limit how long a remote may take for a short answer: little at first, more once it was told that it is silent.

    The libraries' own limits are a minute and more, as uploads have the same. What asks is left to them, on a thread
    of its own.
    """

    def __init__(self, first_s: float = _FIRST_S, later_s: float = _LATER_S) -> None:
        self._limit_s = first_s
        self._later_s = later_s

    def of(self, name: str, ask: Callable[[], _T]) -> _T:
        """Return what the remote `name` answers, or raise what `ask` raises; raise Transient if it says nothing."""
        answer: Future[_T] = Future()

        def run() -> None:
            try:
                answer.set_result(ask())
            except BaseException as error:  # noqa: BLE001 - whoever waits raises it
                answer.set_exception(error)

        Thread(target=run, name="remote-answer", daemon=True).start()
        limit_s = self._limit_s
        try:
            return answer.result(limit_s)
        except TimeoutError:
            if answer.done():
                raise  # the remote's own
            self._limit_s = self._later_s
            raise Transient(
                f"the remote {name} has not answered for {limit_s:.0f} s",
                hint="It takes the connection and says nothing: check that it runs, the firewall and the proxy."
                " It is tried again by itself.",
            ) from None
