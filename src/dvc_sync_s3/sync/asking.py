"""The wish to commit now: a file that any process of the service makes, and that the worker takes away."""

from __future__ import annotations

from pathlib import Path
from threading import Event

FILE_NAME = "sync-now"
_LOOK_EVERY_S = 0.2


class Wish:
    """The wish in `folder`, which all processes of the service share."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def make(self) -> None:
        """Ask for a sync; raises OSError."""
        self._path.touch(mode=0o600)

    def take(self) -> bool:
        """Tell whether anyone asked since the last time."""
        try:
            self._path.unlink()
        except OSError:  # nobody did, or the disk takes no change: then it would be taken again and again
            return False
        return True


class Pauses:
    """The worker's pauses: they end early when a sync is wished for, and for good with `stop`."""

    def __init__(self, stop: Event, wish: Wish) -> None:
        self._stop = stop
        self._wish = wish
        self._is_wished = False

    def wait(self, timeout_s: float) -> bool:
        """Wait for so many seconds, or until someone asks for a sync; return whether the worker is to end."""
        while not self._looks_wished() and timeout_s > _LOOK_EVERY_S:
            if self._stop.wait(_LOOK_EVERY_S):
                return True
            timeout_s -= _LOOK_EVERY_S
        return self._stop.wait(0 if self._is_wished else timeout_s)

    def take_wish(self) -> bool:
        """Tell whether anyone asked for a sync since the last time."""
        is_wished = self._looks_wished()
        self._is_wished = False
        return is_wished

    def _looks_wished(self) -> bool:
        self._is_wished = self._is_wished or self._wish.take()
        return self._is_wished
