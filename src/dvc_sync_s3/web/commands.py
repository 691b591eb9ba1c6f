"""What a person can tell the service to do, with a signed request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.asking import Wish
from dvc_sync_s3.web.unavailable import unavailable

Refusal = Callable[[Scope], str | None]
"""Says why a request may not command the service; None if it may."""


def command_routes(store: Reader, wish: Wish, refusal: Refusal) -> list[Route]:
    """Return the routes of the commands; those for which `refusal` has a reason are answered by it, with 403."""

    async def sync(request: Request) -> Response:
        refused = refusal(request.scope)
        if refused is not None:
            return PlainTextResponse(f"{refused}\n", status_code=403)
        try:
            await asyncio.to_thread(wish.make)
        except OSError as error:
            return unavailable(error)
        told = {"asked": "commit now what waits", "last_seq": store.last_seq(), "see": "/-/status.json"}
        return JSONResponse(told, status_code=202)

    return [Route("/-/sync", sync, methods=["POST"])]
