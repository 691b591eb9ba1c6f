"""Is it up, is it ready, how is the sync doing: for load balancers, monitors and people."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from dataclasses import asdict
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dvc_sync_s3.errors import SyncError
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.claims import warnings
from dvc_sync_s3.sync.ledger import FILE_NAME
from dvc_sync_s3.sync.skipped import newest_skipped
from dvc_sync_s3.sync.status import StatusFile
from dvc_sync_s3.web.unavailable import unavailable

_MOST_SKIPPED = 1000
_MOST_WARNINGS = 20


def probe_routes(store: Reader, hidden: Path, target: str) -> list[Route]:
    """Return the routes of the probes; `hidden` is where the worker keeps its status, on `target`, and its ledger."""
    status = StatusFile(hidden, target)

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("healthy\n")

    async def ready(_: Request) -> Response:
        try:
            store.last_seq()
        except (SyncError, OSError, sqlite3.Error) as error:
            return unavailable(error)
        return PlainTextResponse("ready\n")

    async def sync_status(_: Request) -> Response:
        told = status.read()
        last_seq = store.last_seq()
        # Counts what waits: with a million annotations that holds requests up, so not on the event loop.
        pending = None if told.synced_seq is None else await asyncio.to_thread(_count_waiting, store, told.synced_seq)
        warned = [asdict(one) for one in await asyncio.to_thread(warnings, hidden / FILE_NAME, _MOST_WARNINGS)]
        return JSONResponse({**asdict(told), "pending": pending, "last_seq": last_seq, "warnings": warned})

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


def _count_waiting(store: Reader, synced_seq: int) -> int:
    return store.waiting(synced_seq, sys.maxsize).count
