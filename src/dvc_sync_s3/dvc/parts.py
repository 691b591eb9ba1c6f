"""Which parts of a new object S3 can copy from an older one itself. Pure.

Limits of parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LEAST_BYTES = 5 * 1024**2
"""What every part but the last must have."""
_MOST_BYTES = 1024**3
_MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Shared:
    """Bytes `start` to `end` of a new content, which an older one has from `base_start` on."""

    start: int
    end: int
    base_start: int


@dataclass(frozen=True, slots=True)
class Basis:
    """The older content, by its md5, and what of it the new one shares, in order."""

    md5: str
    shared: tuple[Shared, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes `start` to `end` of the new content, to be sent."""

    start: int
    end: int


Part = Shared | Sent
"""A part to be copied or sent."""


def plan_parts(size: int, shared: Sequence[Shared]) -> tuple[Part, ...]:
    """Return the parts that make `size` bytes, copying all of `shared` that the limits allow.

    >>> MiB = 1024**2
    >>> plan_parts(100 * MiB, [Shared(0, 50 * MiB, 0), Shared(51 * MiB, 100 * MiB, 50 * MiB)])[1]
    Sent(start=52428800, end=57671680)
    """
    parts: list[Part] = []
    at = 0
    for run in shared:
        start = run.start if run.start == at else max(run.start, at + LEAST_BYTES)
        if run.end - start < LEAST_BYTES and not start < run.end == size:
            continue
        parts += _sent(at, start)
        parts += _copied(Shared(start, run.end, run.base_start + start - run.start))
        at = run.end
    parts += _sent(at, size)
    return tuple(parts) if len(parts) <= _MOST_PARTS else (Sent(0, size),)


def sent_bytes(parts: Sequence[Part]) -> int:
    """Return how many bytes the parts send."""
    return sum(part.end - part.start for part in parts if isinstance(part, Sent))


def _sent(start: int, end: int) -> list[Part]:
    return [Sent(start, stop) for start, stop in _pieces(start, end, 8 * LEAST_BYTES)]


def _copied(run: Shared) -> list[Part]:
    return [
        Shared(start, stop, run.base_start + start - run.start)
        for start, stop in _pieces(run.start, run.end, _MOST_BYTES)
    ]


def _pieces(start: int, end: int, most: int) -> list[tuple[int, int]]:
    """Cut a range into pieces of nearly equal length, so that none is too short for a part."""
    count = -(-(end - start) // most)
    return list(pairwise(start + (end - start) * number // max(1, count) for number in range(count + 1)))
