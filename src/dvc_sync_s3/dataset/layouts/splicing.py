"""A new file from an old one: which ranges stay, what comes between them. Pure but for `write`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Form:
    """How elements, each on a line of its own, become a file: `opening`, them joined by `separator`, `closing`."""

    opening: bytes
    separator: bytes
    closing: bytes
    empty: bytes
    """The file without any element."""
    title: str
    """What such a file is called in messages."""


ARRAY = Form(b"[\n", b",\n", b"\n]\n", b"[]\n", "a JSON array of tasks")
LINES = Form(b"", b"\n", b"\n", b"", "one JSON task a line")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` to `end` of a file. An element's ends behind its separator, also where the last has none."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes `start` to `end` of the old file."""

    start: int
    end: int


Piece = Kept | bytes


@dataclass(frozen=True, slots=True)
class Change:
    """An element's span (empty: where it would be) and its new line, None to remove it."""

    span: Span
    line: bytes | None


def body_of(form: Form, size: int) -> Span:
    r"""Return where the elements are in a file of `size` bytes, the last one's separator included.

    >>> body_of(ARRAY, len(b"[\n1,\n2\n]\n")), body_of(ARRAY, len(b"[]\n"))
    (Span(start=2, end=8), Span(start=0, end=0))
    """
    if size == len(form.empty):
        return Span(0, 0)
    return Span(len(form.opening), size - len(form.closing) + len(form.separator))


def splice(form: Form, size: int, changes: Sequence[Change]) -> tuple[Piece, ...]:
    r"""Return the new file's pieces: the old one of `size` bytes with `changes`, in order of their spans.

    >>> splice(LINES, len(b"1\n2\n3\n"), [Change(Span(2, 4), b"20")])
    (Kept(start=0, end=2), b'20\n', Kept(start=4, end=6))
    >>> splice(ARRAY, len(b"[\n1\n]\n"), [Change(Span(2, 5), None)])
    (b'[]\n',)
    """
    body = body_of(form, size)
    groups: list[Piece] = []
    at = body.start
    for change in changes:
        if change.span.start > at:
            groups.append(Kept(at, change.span.start))
        if change.line is not None:
            groups.append(change.line)
        at = change.span.end
    if at < body.end:
        groups.append(Kept(at, body.end))
    return tuple(_united(_closed(form, size, body, groups))) if groups else (form.empty,)


def _closed(form: Form, size: int, body: Span, groups: Sequence[Piece]) -> Iterator[Piece]:
    """Join groups of elements. What the old file has between and around them is kept with it: it need not be sent."""
    first, last = 0, len(groups) - 1
    for number, group in enumerate(groups):
        if isinstance(group, bytes):
            if number == first:
                yield form.opening
            yield group + (form.closing if number == last else form.separator)
            continue
        if group.start != body.start and number == first:
            yield form.opening
        start = 0 if number == first and group.start == body.start else group.start
        if number != last and group.end != body.end:
            yield Kept(start, group.end)
        elif number == last and group.end == body.end:
            yield Kept(start, size)
        else:
            yield Kept(start, group.end - len(form.separator))
            yield form.closing if number == last else form.separator


def _united(pieces: Iterable[Piece]) -> Iterator[Piece]:
    pending: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            pending.append(piece)
            continue
        if pending:
            yield b"".join(pending)
            pending.clear()
        yield piece
    if pending:
        yield b"".join(pending)


@dataclass(frozen=True, slots=True)
class Summed:
    """The MD5 (hexadecimal) and the size in bytes of what was written."""

    md5: str
    size: int


def write(pieces: Iterable[Piece], base: BinaryIO, path: Path) -> Summed:
    """Put a new file of `pieces` at `path`, taking what is kept from `base`; raises OSError."""
    md5, size = hashlib.md5(usedforsecurity=False), 0
    path.unlink(missing_ok=True)  # it may be a hard link to DVC's cache, which must not change
    with path.open("xb") as file, ThreadPoolExecutor(1) as hasher:
        hashed: Future[None] | None = None
        for chunk in _joined(_chunks(pieces, base)):
            if hashed is not None:
                hashed.result()
            if len(chunk) < _CHUNK_BYTES:  # the last one: a thread would cost more than it saves
                md5.update(chunk)
            else:  # hashing takes longer than writing, and neither needs the other
                hashed = hasher.submit(md5.update, chunk)
            file.write(chunk)
            size += len(chunk)
    return Summed(md5.hexdigest(), size)


def _joined(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes with short chunks joined, as a file may consist of many lines."""
    short: list[bytes] = []
    length = 0
    for chunk in chunks:
        short.append(chunk)
        length += len(chunk)
        if length >= _CHUNK_BYTES:
            yield b"".join(short)
            short, length = [], 0
    yield b"".join(short)


def _chunks(pieces: Iterable[Piece], base: BinaryIO) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        base.seek(piece.start)
        left = piece.end - piece.start
        while left:
            chunk = base.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise OSError(f"the file ends {left} bytes too early")
            left -= len(chunk)
            yield chunk
