"""The waiting changes and what their objects say."""

from __future__ import annotations

from dataclasses import dataclass

from dvc_sync_s3.dataset.annotation import read_object
from dvc_sync_s3.dataset.model import Labelled, Skipped
from dvc_sync_s3.dataset.selection import EVERYTHING, Selection
from dvc_sync_s3.store.model import Change, ChangeKind
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.bundle import MOST_CHANGES
from dvc_sync_s3.sync.plan import Reading

_LARGEST_ANNOTATION = 64 * 1024**2
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Changes to be synced together; `seq` is the position they reach."""

    readings: tuple[Reading, ...]
    seq: int


class Changes:
    """The store's changes, as bundles; an object that isn't selected reads as one that is gone."""

    def __init__(self, store: Reader, selection: Selection = EVERYTHING) -> None:
        self._store = store
        self._selection = selection

    def bundle(self, after: int) -> Bundle | None:
        """Return what changed after a position (at most 10,000 changes), None if nothing did.

        An object that changed again in the meantime is left out: its newer change comes with a later bundle.
        """
        changes = self._store.changes(after, MOST_CHANGES)
        if not changes:
            return None
        readings = (self._read(change) for change in changes)
        return Bundle(tuple(reading for reading in readings if reading is not None), changes[-1].seq)

    def _read(self, change: Change) -> Reading | None:
        if change.kind is ChangeKind.DELETE or not self._selection.looks_at(change.bucket, change.key):
            return Reading(change, None)
        file = self._store.open_change(change)
        if file is None:
            return None
        with file:
            head = file.read(64)
            if not head.removeprefix(_BOM).lstrip().startswith((b"{", b"[")):
                return Reading(change, Skipped("not a JSON object"))
            body = head + file.read(_LARGEST_ANNOTATION)
        content = _content(change.key, body)
        return Reading(change, self._selection.of(content) if isinstance(content, Labelled) else content)


def _content(key: str, body: bytes) -> Labelled | Skipped:
    if len(body) > _LARGEST_ANNOTATION:
        return Skipped("larger than 64 MiB")
    return read_object(key, body)
