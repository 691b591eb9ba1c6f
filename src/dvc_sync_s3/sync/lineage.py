"""Whether the index that a ledger was made with is the one that is there now, and from where on it isn't."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

from dvc_sync_s3.store.history import History, Start


class Index(Protocol):
    """The index of objects, as far as the ledger needs it."""

    def history(self) -> History:
        """Return which starts gave its seqs, and the highest."""
        ...


@dataclass(frozen=True, slots=True)
class Common:
    """What a ledger and an index have in common.

    Up to `seq` the index's changes are those that the ledger saw. Those after it, up to `older`, may be older than what
    the branch holds: they were there when the index was put in the place of the one that the ledger knew.
    """

    seq: int
    older: int


def common(known: tuple[Start, ...], index: History, end: int) -> Common:
    """Compare the starts that a ledger knows, which reaches to the seq `end`, with those of the index.

    >>> a, b, c = Start(-1, "index"), Start(0, "b"), Start(5, "c")
    >>> common((a, b), History((a, b, c), 9), end=7)
    Common(seq=5, older=5)
    """
    last = next((start for start in reversed(known) if start in index.starts), None)
    if last is None:
        return Common(0, max(0, index.starts[-1].after))
    next_known = next((start.after for start in known if start.after > last.after), end)
    next_there = next((start.after for start in index.starts if start.after > last.after), None)
    seq = min(end, index.last_seq, next_known, end if next_there is None else next_there)
    return Common(max(0, seq), seq if next_there is None else next_there)


def first_of(index: History) -> int:
    """Return the highest seq that the index had when the service last started."""
    return max(0, index.starts[-1].after)


def as_text(starts: tuple[Start, ...]) -> str:
    """Return `starts` as JSON."""
    return json.dumps(starts)


def from_text(text: str) -> tuple[Start, ...]:
    """Return what `as_text` made of starts."""
    return tuple(Start(after, name) for after, name in json.loads(text))
