"""Whether the store takes saves: found out by a write like those of a save, not by belief."""

from __future__ import annotations

import asyncio
import sqlite3

from dvc_sync_s3.clock import Clock
from dvc_sync_s3.errors import SyncError, Transient
from dvc_sync_s3.failures import explained
from dvc_sync_s3.store.store import Store

_AGAIN_AFTER_S = 1.0
_PATIENCE_S = 5.0


class StoreHealth:
    """Try the store, once a second at most however many ask."""

    def __init__(self, store: Store, clock: Clock, patience_s: float = _PATIENCE_S) -> None:
        """Wait no longer than `patience_s` for an answer of the disk."""
        self._store = store
        self._patience_s = patience_s
        self._clock = clock
        self._began_s = 0.0
        self._trial: asyncio.Task[SyncError | None] | None = None

    async def trouble(self) -> SyncError | None:
        """Return why the store takes no saves, None if it does; never waits for a disk that hangs."""
        now_s = self._clock.monotonic_s()
        if self._trial is None or (self._trial.done() and now_s - self._began_s >= _AGAIN_AFTER_S):
            self._began_s = now_s
            self._trial = asyncio.create_task(self._try())
        trial = self._trial
        await asyncio.wait({trial}, timeout=max(0.0, self._patience_s - (now_s - self._began_s)))
        return trial.result() if trial.done() else _hangs(self._patience_s)

    async def _try(self) -> SyncError | None:
        try:
            await self._store.try_write()
            await asyncio.to_thread(self._store.last_seq)
        except (SyncError, OSError, sqlite3.Error) as error:
            return explained(error, "the store in S3_DATA_FOLDER") or Transient(
                f"the store does not answer: {error}", hint="Read the service's log; please report it."
            )
        return None


def _hangs(patience_s: float) -> SyncError:
    return Transient(
        f"the store has not written for {patience_s:g} s",
        hint="The disk of S3_DATA_FOLDER hangs or is slow: read the system's log. Saves are taken once it answers.",
    )
