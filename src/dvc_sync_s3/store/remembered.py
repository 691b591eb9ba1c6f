"""Small bodies read lately, so that to read them again opens no file."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from dvc_sync_s3.store.index import Entry, Row

SMALL_BYTES = 64 * 1024
MOST_BYTES = 16 * 1024 * 1024


class Known(Struct, frozen=True):
    """A body, the row it belongs to, and when that was last seen to be the object's row."""

    row: Row
    entry: Entry
    body: bytes
    seen: int | None
    """The `Generation` before it was read; None while somebody committed."""


class RememberedBodies:
    """Keep bodies of up to 64 KiB, `most_bytes` in all, those read last; any thread may ask.

    A body belongs to a row of the index: another row, another body. Every read fetches the row, unless nobody committed
    anything since it was last seen. So nothing here can be out of date, whichever process writes.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._lock = threading.Lock()

    def unchanged(self, bucket: str, key: str, seen: int) -> Known | None:
        """Return what was remembered of an object if nothing was committed since its row was seen."""
        place = (bucket, key)
        with self._lock:
            known = self._known.get(place)
            if known is None or known.seen != seen:
                return None
            self._known.move_to_end(place)
            return known

    def get(self, row: Row, seen: int | None) -> Known | None:
        """Return what was remembered of exactly this row, which is the object's as `seen`."""
        with self._lock:
            known = self._known.get(row[:2])
            if known is None or known.row != row:
                return None
            known = self._known[row[:2]] = replace(known, seen=seen)
            self._known.move_to_end(row[:2])
            return known

    def wants(self, entry: Entry) -> bool:
        """Tell whether the body is one to remember."""
        return entry.object.size <= min(SMALL_BYTES, self._most_bytes)

    def remember(self, known: Known) -> None:
        """Keep a body in place of an older one of its key."""
        place = known.row[:2]
        with self._lock:
            self._forget(self._known.pop(place, None))
            self._known[place] = known
            self._bytes += len(known.body)
            while self._bytes > self._most_bytes:
                self._forget(self._known.popitem(last=False)[1])

    def _forget(self, known: Known | None) -> None:
        if known is not None:
            self._bytes -= len(known.body)
