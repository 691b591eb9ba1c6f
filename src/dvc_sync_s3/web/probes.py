"""Is it up, is it ready, how is the sync doing: for load balancers, monitors and people."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from dataclasses import asdict, replace
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dvc_sync_s3.clock import Clock
from dvc_sync_s3.errors import SyncError
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.claims import warnings
from dvc_sync_s3.sync.ledger import FILE_NAME
from dvc_sync_s3.sync.lifetime import LifetimeFile
from dvc_sync_s3.sync.pulse import read_beat
from dvc_sync_s3.sync.skipped import newest_skipped
from dvc_sync_s3.sync.status import StatusFile
from dvc_sync_s3.web.health import StoreHealth
from dvc_sync_s3.web.standing import Evidence, Standing, standing
from dvc_sync_s3.web.unavailable import unavailable

_MOST_SKIPPED = 1000
_MOST_WARNINGS = 20


def probe_routes(store: Store, hidden: Path, target: str, clock: Clock) -> list[Route]:
    """Return the routes of the probes; `hidden` is where the worker keeps its status, on `target`, and its ledger."""
    health, look = StoreHealth(store, clock), Look(store, hidden, target, clock)

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("healthy\n")

    async def stands() -> Standing:
        trouble = await health.trouble()
        # Counts what waits: with a million annotations that holds requests up, so not on the event loop.
        return standing(await asyncio.to_thread(look.evidence, trouble))

    async def ready(_: Request) -> Response:
        trouble = (await stands()).ready_trouble
        return PlainTextResponse("ready\n") if trouble is None else unavailable(trouble)

    async def sync_status(_: Request) -> Response:
        return JSONResponse((await stands()).as_json())

    async def skipped(_: Request) -> Response:
        try:
            found = await asyncio.to_thread(newest_skipped, hidden, _MOST_SKIPPED)
        except (OSError, sqlite3.Error) as error:
            return unavailable(error)
        return JSONResponse([asdict(one) for one in found])

    return [
        Route("/-/healthy", healthy),
        Route("/-/ready", ready),
        Route("/-/status.json", sync_status),
        Route("/-/skipped.json", skipped),
    ]


class Look:
    """Collect all that is known of how the service stands."""

    def __init__(self, store: Store, hidden: Path, target: str, clock: Clock) -> None:
        self._store = store
        self._hidden = hidden
        self._status = StatusFile(hidden, target)
        self._lifetime = LifetimeFile(hidden)
        self._clock = clock

    def evidence(self, store_trouble: SyncError | None) -> Evidence:
        """Read the files and the store, if it answers; blocks for reads of the disk."""
        told_at, status = self._status.told_at(), self._status.read()
        if told_at is None and not (self._hidden / FILE_NAME).exists():
            status = replace(status, synced_seq=0)  # no cycle ever ran, so no branch can hold anything
        last_seq, pending = None, None
        with contextlib.suppress(SyncError, OSError, sqlite3.Error):  # `store_trouble` tells of it
            last_seq = self._store.last_seq()
            if (status.synced_seq or 0) > last_seq:  # an older index was restored, and no cycle has looked since
                status = replace(status, synced_seq=None)
            if status.synced_seq is not None:
                pending = self._store.waiting(status.synced_seq, sys.maxsize).count
        warned = tuple(warnings(self._hidden / FILE_NAME, _MOST_WARNINGS))
        beat, lifetime = read_beat(self._hidden), self._lifetime.read()
        return Evidence(self._clock.now(), status, told_at, beat, lifetime, store_trouble, last_seq, pending, warned)
