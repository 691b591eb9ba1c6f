"""What this machine's disk and SQLite say, sorted by what to do next: a table by error number each.

SQLite's result codes: https://www.sqlite.org/rescode.html
"""

from __future__ import annotations

import errno
import os
import sqlite3
from typing import NamedTuple

from dvc_sync_s3.errors import Blocked, SyncError, Transient


class _Row(NamedTuple):
    error: type[SyncError]
    words: str
    hint: str


_FULL = _Row(
    Blocked, "{thing} can't grow: the disk is full", "Make room where S3_DATA_FOLDER, GIT_FOLDER and the cache are."
)
_READ_ONLY = _Row(
    Blocked,
    "{thing} can't be written: it is read-only",
    "Let the service's user write there. If the system made the disk read-only after an error, its log says why.",
)
_FORBIDDEN = _Row(
    Blocked,
    "{thing} can't be used: permission denied",
    "Let the service's user read and write it, and the folder that it is in.",
)
_GONE = _Row(
    Blocked,
    "{thing} is gone: it was removed, renamed, or its disk is no longer mounted",
    "Put it back or mount the disk, then start the service again.",
)
_FAILING = _Row(
    Blocked,
    "{thing} can't be read or written: the disk fails",
    "Read the system's log; if the disk is damaged, restore S3_DATA_FOLDER from a backup on another one.",
)
_ELSEWHERE = "Move it away, or set another path."
_NO_FOLDER = _Row(Blocked, "{thing} can't be used: a part of its path is a file, not a folder", _ELSEWHERE)
_NO_FILE = _Row(Blocked, "{thing} is a folder where a file is needed", _ELSEWHERE)
_TAKEN = _Row(Blocked, "{thing} is a file where a folder is needed", _ELSEWHERE)
_LOCKED = _Row(
    Transient,
    "{thing} is locked by another program",
    "Close what has it open (a backup, a database browser, a second service); it is tried again by itself.",
)
_EXHAUSTED = _Row(
    Transient,
    "{thing} can't be used: the system has no more memory, processes or open files to give",
    "Raise the limit that the system's log names (memory, `ulimit -n`, `ulimit -u`); it is tried again by itself.",
)

_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOENT: _GONE,
    errno.ESTALE: _GONE,
    errno.ENODEV: _GONE,
    errno.ENXIO: _GONE,
    errno.ENOTCONN: _GONE,
    errno.EIO: _FAILING,
    errno.ENOTDIR: _NO_FOLDER,
    errno.EISDIR: _NO_FILE,
    errno.EEXIST: _TAKEN,
    errno.EMFILE: _EXHAUSTED,
    errno.ENFILE: _EXHAUSTED,
    errno.ENOMEM: _EXHAUSTED,
    errno.EAGAIN: _EXHAUSTED,
    errno.EBUSY: _LOCKED,
    errno.ETXTBSY: _LOCKED,
}

_BY_CODE = {
    sqlite3.SQLITE_READONLY_DBMOVED: _GONE,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: _Row(
        Blocked,
        "{thing} can't be opened",
        "Let the service's user read and write S3_DATA_FOLDER; if the folder is gone, restore it or mount its disk.",
    ),
    sqlite3.SQLITE_IOERR: _FAILING,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_NOMEM: _EXHAUSTED,
    sqlite3.SQLITE_CORRUPT: _Row(
        Blocked,
        "{thing} is damaged",
        "Stop the service, keep a copy of S3_DATA_FOLDER, and restore the folder from a backup; then check the disk.",
    ),
    sqlite3.SQLITE_NOTADB: _Row(
        Blocked,
        "{thing} is damaged, or is no SQLite database",
        "Stop the service, keep a copy of S3_DATA_FOLDER, and restore the folder from a backup.",
    ),
    sqlite3.SQLITE_ERROR: _Row(
        Blocked,
        "{thing} isn't as this service makes it: {said}",
        "If another program made it, set another S3_DATA_FOLDER; else restore the folder from a backup.",
    ),
}
"""By the extended code, else by the primary one in its lowest 8 bits. What is in no row is a bug of ours."""


def explained(error: Exception, thing: str = "") -> SyncError | None:
    """Return what an error of the disk or of SQLite means, about `thing`; None if it is neither.

    A SyncError is itself. Without `thing` an OSError names its own file.

    >>> explained(OSError(errno.ENOSPC, "No space left on device", "/data/x"))
    Blocked("/data/x can't grow: the disk is full")
    """
    if isinstance(error, SyncError):
        return error
    row = _row(error)
    if row is None:
        return None
    return row.error(row.words.format(thing=thing or _thing(error), said=error), hint=row.hint)


def _thing(error: Exception) -> str:
    if not isinstance(error, OSError):
        return "a database in S3_DATA_FOLDER"
    return os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a folder of this service"


def _row(error: Exception) -> _Row | None:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return None if code is None else _BY_CODE.get(code) or _BY_CODE.get(code & 0xFF)
    return _BY_ERRNO.get(error.errno or 0) if isinstance(error, OSError) else None
