"""Buckets as last read: almost every request asks for its bucket, and almost no request changes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from dvc_sync_s3.clock import Clock
    from dvc_sync_s3.store.model import Bucket

TRUSTED_S = 1.0
"""How long what another process changed of a bucket may go unseen; whether it is still there, a put looks itself."""


class KnownBuckets:
    """Remember what `read` said of buckets that exist, for a second or until they are forgotten."""

    def __init__(self, read: Callable[[str], Bucket | None], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._known: dict[str, tuple[Bucket, float]] = {}
        self._forgotten = 0

    def get(self, name: str) -> Bucket | None:
        """Return the bucket, or None; raises what `read` raises."""
        now_s = self._clock.monotonic_s()
        found = self._known.get(name)
        if found is not None and found[1] > now_s:
            return found[0]
        forgotten = self._forgotten
        bucket = self._read(name)
        # What was read while a write ended may be from before it.
        if bucket is not None and forgotten == self._forgotten:
            self._known[name] = (bucket, now_s + TRUSTED_S)
        return bucket

    def forget(self, name: str) -> None:
        """Read the bucket anew next time: call it after each write about it."""
        self._forgotten += 1
        self._known.pop(name, None)
