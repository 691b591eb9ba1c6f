"""The waiting changes and what their objects say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from dvc_sync_s3.dataset.annotation import read_object
from dvc_sync_s3.dataset.model import Labelled, Skipped
from dvc_sync_s3.dataset.selection import EVERYTHING, Selection
from dvc_sync_s3.store.errors import BodyLost
from dvc_sync_s3.store.model import Change, ChangeKind
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.bundle import MOST_CHANGES
from dvc_sync_s3.sync.content_failure import Failed, attempt, why_it_fails
from dvc_sync_s3.sync.finding import ObjectName
from dvc_sync_s3.sync.plan import Reading

log = structlog.get_logger("sync")

BODY_LOST = "its body is gone or was changed outside the service: store it again"
_MOST_BYTES = 256 * 1024**2
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
        """Return what changed after a position (at most 10,000 changes, and 256 MiB or one body), None if nothing did.

        An object that changed again in the meantime is left out: its newer change comes with a later bundle.
        """
        readings: list[Reading] = []
        reached, size = after, 0
        for change in self._store.changes(after, MOST_CHANGES):
            outcome = attempt(partial(self._read, change))
            if isinstance(outcome, Failed) and readings:
                break  # it may have too little room beside the others: the next bundle begins with it
            found = _set_aside(change, outcome) if isinstance(outcome, Failed) else outcome
            reached = change.seq
            if found is not None:
                readings.append(Reading(change, found.content))
                size += found.size
            if size >= _MOST_BYTES:
                break
        return Bundle(tuple(readings), reached) if reached > after else None

    def again(self, names: Iterable[ObjectName], up_to: int) -> Sequence[Reading]:
        """Read objects once more whose last change is not after `up_to`, except those that still can't be read."""
        outcomes = (
            (change, attempt(partial(self._read, change))) for change in last_changes(self._store, names, up_to)
        )
        return [
            Reading(change, found.content)
            for change, found in outcomes
            if found is not None and not isinstance(found, Failed)
        ]

    def _read(self, change: Change) -> _Found | None:
        if change.kind is ChangeKind.DELETE or not self._selection.looks_at(change.bucket, change.key):
            return _Found(None)
        try:
            file = self._store.open_change(change)
        except BodyLost:
            return _Found(Skipped(BODY_LOST))
        if file is None:
            return None
        with file:
            head = file.read(64)
            if not head.removeprefix(_BOM).lstrip().startswith((b"{", b"[")):
                return _Found(Skipped("not a JSON object"))
            body = head + file.read(_LARGEST_ANNOTATION)
        if len(body) > _LARGEST_ANNOTATION:
            return _Found(Skipped("larger than 64 MiB"))
        content = read_object(change.key, body)
        return _Found(self._selection.of(content) if isinstance(content, Labelled) else content, len(body))


def last_changes(store: Reader, names: Iterable[ObjectName], up_to: int) -> Iterator[Change]:
    """Yield the last change of each object that is there and hasn't changed after `up_to`, by seq."""
    found = [(name, stored) for name in names if (stored := store.head(*name)) is not None and stored.seq <= up_to]
    for (bucket, key), stored in sorted(found, key=lambda each: each[1].seq):
        yield Change(stored.seq, ChangeKind.PUT, bucket, key, stored.modified_at)


@dataclass(frozen=True, slots=True)
class _Found:
    """What an object says, and how many bytes say it."""

    content: Labelled | Skipped | None
    size: int = 0


def _set_aside(change: Change, failed: Failed) -> _Found:
    reason = why_it_fails(failed.error)
    log.error("object set aside", bucket=change.bucket, key=change.key, reason=reason, exc_info=failed.error)
    return _Found(Skipped(reason))
