"""The worker's pulse: a file that a thread of the worker writes each second, for as long as its process runs.

A first load or an upload may take minutes: the pulse goes on and names the step. A worker that was stopped, was killed
or hangs as a whole has none. Nothing waits for the disk: after a power cut there is no worker.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from dvc_sync_s3.clock import Clock
from dvc_sync_s3.sync.cycle import Step
from dvc_sync_s3.sync.status import iso_ms

FILE_NAME = "sync-pulse.json"
_EVERY_S = 1.0

_BEGIN = "reading the branch"
_AFTER = {
    Step.REFRESHED: "looking at what earlier pushes did",
    Step.SETTLED: "reading the changes",
    Step.PLANNED: "merging",
    Step.MERGED: "writing the new version",
    Step.WRITTEN: "uploading to the DVC remote",
    Step.UPLOADED: "reading back from the DVC remote",
    Step.VERIFIED: "committing",
    Step.COMMITTED: "writing the attempt down",
    Step.WRITTEN_DOWN: "pushing",
    Step.PUSHED: "reading the branch back",
    Step.CONFIRMED: "finishing",
}
"""What the cycle does once a step is done."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What the pulse tells; times in ISO 8601, UTC."""

    pid: int
    at: str
    step: str | None = None
    """What a cycle is doing; None between cycles."""
    step_since: str | None = None
    cycle_ended_at: str | None = None


class Pulse:
    """Beat for this process from `start` on."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / FILE_NAME
        self._clock = clock
        self._beat = Beat(os.getpid(), iso_ms(clock.now()))

    def start(self) -> None:
        """Begin, in a thread of its own that ends with the process."""
        Thread(target=self._run, name="pulse", daemon=True).start()

    def begin(self) -> None:
        """Note that a cycle begins."""
        self._beat = replace(self._beat, step=_BEGIN, step_since=iso_ms(self._clock.now()))

    def done(self, step: Step) -> None:
        """Note that a step of the cycle is done."""
        self._beat = replace(self._beat, step=_AFTER[step], step_since=iso_ms(self._clock.now()))

    def end(self) -> None:
        """Note that the cycle ended, however it did."""
        self._beat = replace(self._beat, step=None, step_since=None, cycle_ended_at=iso_ms(self._clock.now()))

    def beat(self) -> None:
        """Write the file; a disk that takes no new content may still take its time."""
        told = json.dumps(asdict(replace(self._beat, at=iso_ms(self._clock.now()))))
        temporary = self._path.with_suffix(".tmp")
        try:
            temporary.write_text(told, encoding="utf-8")
            os.replace(temporary, self._path)
        except OSError:
            with suppress(OSError):
                os.utime(self._path)

    def _run(self) -> None:
        pause = Event()
        while True:
            self.beat()
            pause.wait(_EVERY_S)


def read_beat(folder: Path) -> Beat | None:
    """Return the last beat, at the time of its file where that is later; None if there is none."""
    path = folder / FILE_NAME
    try:
        beat = Beat(**json.loads(path.read_text(encoding="utf-8")))
        touched_at = iso_ms(datetime.fromtimestamp(path.stat().st_mtime, UTC))
        return replace(beat, at=max(beat.at, touched_at))
    except (OSError, ValueError, TypeError):
        return None
