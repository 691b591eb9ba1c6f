"""Plain files, which others can write to: whether one is what was stored, as its time says or else its MD5."""

from __future__ import annotations

import contextlib
import hashlib
import os
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from dvc_sync_s3.store.errors import BodyLost, Unverified
from dvc_sync_s3.store.index import as_us

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from dvc_sync_s3.store.model import StoredObject

_CHUNK_BYTES = 1024 * 1024


class PlainFile(Struct, frozen=True):
    """An open file and the time of its last change, in nanoseconds since 1970, as it was when it was opened."""

    file: BinaryIO
    modified_ns: int


def set_time(file: Path | int, stored_us: int) -> None:
    """Give a file, by its path or descriptor, the time of its object, microseconds since 1970; raises OSError.

    Whoever writes to it later gives it another one.
    """
    os.utime(file, ns=(stored_us * 1000, stored_us * 1000))


def has_time(modified_ns: int, stored_us: int) -> bool:
    """Tell whether a file's time is its object's; a file system may keep more digits than an object has.

    >>> has_time(1_000_000_250_000, 1_000_000_250), has_time(1_000_000_000_000, 1_000_000_250)
    (True, False)
    """
    return modified_ns // 1000 == stored_us


def modified_ns(file: BinaryIO) -> int | None:
    """Return when an open file was last changed, None for a body in memory."""
    return None if isinstance(file, BytesIO) else os.fstat(file.fileno()).st_mtime_ns


def is_changed(file: BinaryIO, since_ns: int | None, modified_at: datetime) -> bool:
    """Tell whether someone changed an open file of an object since its time was `since_ns`.

    A large body gets the time `modified_at` of its object when it becomes a plain file.
    """
    now_ns = modified_ns(file)
    return now_ns is not None and now_ns != since_ns and not has_time(now_ns, as_us(modified_at))


def verify(plain: PlainFile, stored: StoredObject, stored_us: int) -> None:
    """Read a file whose time isn't its object's, as after a copy, and give it that time.

    Raises BodyLost if it holds something else, OSError if it can't be read; then it is closed.
    """
    try:
        if _etag(plain.file, stored) != stored.etag or not _is_untouched(plain, stored_us):
            raise BodyLost(stored.bucket, stored.key)
        plain.file.seek(0)
    except BaseException:
        plain.file.close()
        raise
    if os.utime in os.supports_fd:
        with contextlib.suppress(OSError):  # another user's: it is read again the next time
            set_time(plain.file.fileno(), stored_us)


def leave_unverified(plain: PlainFile, stored: StoredObject, _stored_us: int) -> None:
    """Close the file and raise Unverified: who asks can't wait until it was read."""
    plain.file.close()
    raise Unverified(stored.bucket, stored.key)


def _is_untouched(plain: PlainFile, stored_us: int) -> bool:
    """Tell whether nobody changed the file since it was opened, but for another reader that verified it."""
    now_ns = os.fstat(plain.file.fileno()).st_mtime_ns
    return now_ns == plain.modified_ns or has_time(now_ns, stored_us)


def _etag(file: BinaryIO, stored: StoredObject) -> str:
    """Return the ETag that the content would have: its MD5, or that of the MD5s of its parts with their number."""
    if not stored.parts:
        return _md5(file, stored.size).hex()
    md5s = b"".join([_md5(file, part.size) for part in stored.parts])
    return f"{hashlib.md5(md5s, usedforsecurity=False).hexdigest()}-{len(stored.parts)}"


def _md5(file: BinaryIO, size: int) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    while size and (chunk := file.read(min(size, _CHUNK_BYTES))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.digest()
