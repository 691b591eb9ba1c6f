"""The waiting changes where the dataset mirrors the bucket: each body is copied into the cache, and summed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from dvc_sync_s3.dataset.files import FileContent, why_no_path
from dvc_sync_s3.dataset.layouts import Objects
from dvc_sync_s3.dataset.model import Skipped
from dvc_sync_s3.dataset.selection import Selection
from dvc_sync_s3.store.errors import BodyLost
from dvc_sync_s3.store.model import Change, ChangeKind
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.bundle import MOST_CHANGES
from dvc_sync_s3.sync.finding import ObjectName
from dvc_sync_s3.sync.plan import Reading
from dvc_sync_s3.sync.reading import BODY_LOST, Bundle, last_changes

_MOST_BYTES = 4 * 1024**3
_CHUNK_BYTES = 1024 * 1024


class Copies:
    """The store's changes, as bundles; an object that isn't selected reads as one that is gone."""

    def __init__(self, store: Reader, selection: Selection, objects: Objects) -> None:
        self._store = store
        self._selection = selection
        self._objects = objects

    def bundle(self, after: int) -> Bundle | None:
        """Return what changed after a position (at most 10,000 changes, and 4 GiB or one body), None if nothing did.

        An object that changed again in the meantime is left out: its newer change comes with a later bundle.
        """
        readings: list[Reading] = []
        reached, size = after, 0
        for change in self._store.changes(after, MOST_CHANGES):
            reached = change.seq
            if (reading := self._read(change)) is not None:
                readings.append(reading)
                size += reading.content.size if isinstance(reading.content, FileContent) else 0
            if size >= _MOST_BYTES:
                break
        return Bundle(tuple(readings), reached) if reached > after else None

    def again(self, names: Iterable[ObjectName], up_to: int) -> Sequence[Reading]:
        """Copy objects once more whose last change is not after `up_to`."""
        readings = map(self._read, last_changes(self._store, names, up_to))
        return [reading for reading in readings if reading is not None]

    def _read(self, change: Change) -> Reading | None:
        if change.kind is ChangeKind.DELETE or not self._selection.looks_at(change.bucket, change.key):
            return Reading(change, None)
        reason = why_no_path(f"{change.bucket}/{change.key}")
        if reason is not None:
            return Reading(change, Skipped(reason))
        try:
            content = self._copy(change)
        except BodyLost:
            return Reading(change, Skipped(BODY_LOST))
        return None if content is None else Reading(change, content)

    def _copy(self, change: Change) -> FileContent | None:
        body = self._store.open_change(change)
        if body is None:
            return None
        digest, size, draft = hashlib.md5(usedforsecurity=False), 0, self._objects.draft()
        with body, draft.open("wb") as file:
            while chunk := body.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += file.write(chunk)
        self._objects.adopt(draft, digest.hexdigest())
        return FileContent(digest.hexdigest(), size)
