"""A start that fails for a known reason is told in words, never with a traceback."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Message, Send

from dvc_sync_s3.errors import SettingsError, SyncError
from dvc_sync_s3.failures import explained

_KNOWN = (SettingsError, SyncError, OSError, sqlite3.Error)


@contextmanager
def told_in_words() -> Iterator[None]:
    """Turn a wrong setting, and whatever the disk, Git or the remote refuses, into SystemExit with exit code 1."""
    try:
        yield
    except _KNOWN as error:
        raise SystemExit(f"Error: {in_words(error)}") from None


def in_words(error: Exception) -> str:
    """Return what happened and what to do.

    >>> in_words(PermissionError(13, "Permission denied", ".env"))
    ".env can't be used: permission denied. Let the service's user read and write it, and the folder that it is in."
    """
    found = explained(error)
    if found is None:
        return str(error)
    return f"{found}. {found.hint}".strip()


def tell_failure_in_words(send: Send) -> Send:
    """Return a `send` for the lifespan that replaces Starlette's traceback of a failed startup."""

    async def sending(message: Message) -> None:
        error = sys.exception()  # Starlette sends from where it caught it
        if message["type"] == "lifespan.startup.failed" and isinstance(error, _KNOWN):
            message = {**message, "message": in_words(error)}
        await send(message)

    return sending
