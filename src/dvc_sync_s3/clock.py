"""The time, as something a test can hold still."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tell the time of day and the time elapsed."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds since an arbitrary start, never running backwards."""
        ...


class SystemClock:
    """Read the machine's clocks."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Return seconds since an arbitrary start, never running backwards."""
        return time.monotonic()
