"""How often the worker's process was started and died: written by its keeper, read by whoever asks."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "sync-process.json"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The last start of the process, and the last death of one before it; times in ISO 8601, UTC."""

    started_at: str
    deaths: int = 0
    """How many died in a row, each soon after its start."""
    died_at: str | None = None
    dead_started_at: str | None = None
    """When the one that died last was started."""
    exit_code: int | None = None
    """Negative: the number of the signal that ended it."""


class LifetimeFile:
    """The lifetime on disk. It decides nothing, so a disk that takes no change is no reason to fail."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def write(self, lifetime: Lifetime) -> None:
        """Replace the file, if the disk takes it."""
        temporary = self._path.with_suffix(".tmp")
        with suppress(OSError):
            temporary.write_text(json.dumps(asdict(lifetime)), encoding="utf-8")
            os.replace(temporary, self._path)

    def read(self) -> Lifetime | None:
        """Return the last lifetime written; None if there is none."""
        try:
            return Lifetime(**json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
