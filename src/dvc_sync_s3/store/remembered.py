"""Small bodies read lately, so that to read them again opens no file."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvc_sync_s3.store.index import Entry, Row

SMALL_BYTES = 64 * 1024
MOST_BYTES = 16 * 1024 * 1024


class RememberedBodies:
    """Keep bodies of up to 64 KiB, `most_bytes` in all, those read last; any thread may ask.

    A body belongs to a row of the index, which every read fetches: another row, another body. So nothing here can be
    out of date, whichever process writes.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._known: OrderedDict[tuple[str, str], tuple[Row, Entry, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, row: Row) -> tuple[Entry, bytes] | None:
        """Return what was remembered of exactly this row."""
        with self._lock:
            known = self._known.get(row[:2])
            if known is None or known[0] != row:
                return None
            self._known.move_to_end(row[:2])
            return known[1:]

    def wants(self, entry: Entry) -> bool:
        """Tell whether the body is one to remember."""
        return entry.object.size <= min(SMALL_BYTES, self._most_bytes)

    def remember(self, row: Row, entry: Entry, body: bytes) -> None:
        """Keep `body`, which is that of `row`, in place of an older one of its key."""
        with self._lock:
            self._forget(self._known.pop(row[:2], None))
            self._known[row[:2]] = (row, entry, body)
            self._bytes += len(body)
            while self._bytes > self._most_bytes:
                self._forget(self._known.popitem(last=False)[1])

    def _forget(self, known: tuple[Row, Entry, bytes] | None) -> None:
        if known is not None:
            self._bytes -= len(known[2])
