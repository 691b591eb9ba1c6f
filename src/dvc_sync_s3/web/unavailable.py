"""The answer where the store or its disk can't do what was asked: what is wrong, and the remedy."""

from __future__ import annotations

from starlette.responses import PlainTextResponse

from dvc_sync_s3.failures import explained


def unavailable(error: Exception) -> PlainTextResponse:
    """Return a 503 with the words for `error`."""
    found = explained(error)
    words = f"{found}\n{found.hint}\n" if found else "the store does not answer\n"
    return PlainTextResponse(words, status_code=503)
