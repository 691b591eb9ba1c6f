"""Failures that an object's content may have caused: the one place below the worker that catches whatever comes.

Why here and not in the worker: docs/adr/0019-one-object-is-set-aside.md.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dvc_sync_s3.dataset.canonical import NotJson
from dvc_sync_s3.errors import SyncError

T = TypeVar("T")

_OF_NO_OBJECT = (SyncError, OSError, sqlite3.Error)
"""What says itself what to do next, and what is the disk's."""
SAID = "the sync fails with it: "
"""What each reason begins with."""

_WORDS = (
    (MemoryError, "it takes more memory than there is"),
    (RecursionError, "it is nested too deep"),
    (UnicodeError, "it holds text that UTF-8 can't write"),
)


@dataclass(frozen=True, slots=True)
class Failed:
    """What an action ended with."""

    error: Exception


def attempt(action: Callable[[], T]) -> T | Failed:
    """Return what an action returns, or how it failed; raises SyncError, OSError and sqlite3.Error on.

    >>> attempt(lambda: 1), attempt(lambda: 1 // 0)
    (1, Failed(error=ZeroDivisionError('integer division or modulo by zero')))
    """
    try:
        return action()
    except _OF_NO_OBJECT:
        raise
    except Exception as error:  # noqa: BLE001 - nobody knows beforehand what a content may cause
        return Failed(error)


def why_it_fails(error: Exception) -> str:
    """Return for a person why the sync fails with an object; never the content itself.

    >>> why_it_fails(RecursionError()), why_it_fails(KeyError("secret"))
    ('the sync fails with it: it is nested too deep', 'the sync fails with it: unexpected KeyError')
    """
    words = str(error) if isinstance(error, NotJson) else f"unexpected {type(error).__name__}"
    return f"{SAID}{next((said for kind, said in _WORDS if isinstance(error, kind)), words)}"
