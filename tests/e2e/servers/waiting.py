"""Waiting for a server to say that it is there."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_INTERVAL_S = 0.05


def wait_until(condition: Callable[[], bool], *, what: str, timeout_s: float) -> None:
    """Ask `condition` again and again until it holds; raises TimeoutError naming `what`."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what}: not within {timeout_s} s")
        time.sleep(POLL_INTERVAL_S)
