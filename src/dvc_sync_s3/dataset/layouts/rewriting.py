"""Shards written anew with their changes, two at a time: what takes time, hashing and writing, needs no interpreter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dvc_sync_s3.dataset.layouts.bisection import patched
from dvc_sync_s3.dataset.layouts.layout import Content, Objects
from dvc_sync_s3.dataset.layouts.splicing import LINES, Summed, write
from dvc_sync_s3.dataset.model import RecordId

_AT_A_TIME = 2


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What a shard was, as a file in our form, and which of its records get another line, or go (None)."""

    relpath: str
    base: Path
    changes: Mapping[RecordId, bytes | None]


def rewrite_all(rewritings: Sequence[Rewriting], objects: Objects) -> Iterator[tuple[Rewriting, Content]]:
    """Yield each with its new content, which `objects` has taken over, in the order given; raises OSError.

    Nothing is left of those that were not yet yielded when one fails.
    """
    drafts = [objects.draft() for _ in rewritings]
    try:
        # All are written before the first is taken over: an empty file, left of a shard that goes, is a new one's base.
        for rewriting, draft, summed in zip(rewritings, drafts, _write_all(rewritings, drafts), strict=True):
            objects.adopt(draft, summed.md5)
            yield rewriting, Content(summed.md5, summed.size)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


def _write_all(rewritings: Sequence[Rewriting], drafts: Sequence[Path]) -> list[Summed]:
    if len(rewritings) < 2:  # a thread takes as long to start as a shard to write
        return list(map(_write, rewritings, drafts))
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(_write, rewritings, drafts))


def _write(rewriting: Rewriting, draft: Path) -> Summed:
    pieces = patched(rewriting.base, LINES, rewriting.changes)
    with rewriting.base.open("rb") as file:
        return write(pieces, file, draft)
