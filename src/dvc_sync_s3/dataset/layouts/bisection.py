"""Records found in a file in our form: its lines are in order of record id, so a few of them tell where one is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dvc_sync_s3.dataset.layouts.splicing import Change, Form, Piece, Span, body_of, splice
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dataset.record import id_of_line

_WINDOW_BYTES = 4 * 1024
"""What is read at a time: a record or two, most often. Mapped pages would stay in memory, wherever it looked."""


class SortedLines:
    """The lines of a file in our form; nothing of it is held in memory but the line looked at."""

    def __init__(self, file: BinaryIO, size: int, form: Form) -> None:
        self._file = file
        self._separator = form.separator
        self._body = body_of(form, size)
        self._end = self._body.end - len(form.separator)

    def find(self, name: RecordId) -> Span:
        """Return where the record is; an empty span at the place it would have if it isn't there."""
        low, high = self._body.start, self._body.end
        while low < high:
            start = self._start_before(low, min((low + high) // 2, self._end))
            end = self._end_of(start)
            if self._is_before(start, end, name):
                low = end
            else:
                high = start
        if low < self._body.end and id_of_line(self.line(Span(low, self._end_of(low)))) == name:
            return Span(low, self._end_of(low))
        return Span(low, low)

    def line(self, span: Span) -> bytes:
        """Return the line of an element, without its separator."""
        return self._bytes(span.start, span.end - len(self._separator))

    def _start_before(self, low: int, at: int) -> int:
        """Return where the line begins that holds the byte before `at`, or `low` if that is in its first line."""
        end = at
        while end > low:
            start = max(low, end - _WINDOW_BYTES)
            found = self._bytes(start, end).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
        return low

    def _end_of(self, start: int) -> int:
        at = start
        while at < self._end:
            window = self._bytes(at, min(at + _WINDOW_BYTES, self._end))
            found = window.find(b"\n")
            if found >= 0:
                return at + found + 1
            at += len(window)
        return self._body.end

    def _bytes(self, start: int, end: int) -> bytes:
        """Return what the file has from `start` to `end`; raises OSError if it is shorter."""
        self._file.seek(start)
        found = self._file.read(end - start)
        if len(found) < end - start:
            raise OSError(f"the file ends {end - start - len(found)} bytes too early")
        return found

    def _is_before(self, start: int, end: int, name: RecordId) -> bool:
        found = id_of_line(self.line(Span(start, end)))
        # What is no record stands behind all records.
        return found is not None and (found.project, found.task) < (name.project, name.task)


def patched(path: Path, form: Form, patch: Mapping[RecordId, bytes | None]) -> tuple[Piece, ...]:
    """Return the pieces of the file at `path`, which is in our form, with each of `patch` given its line or gone."""
    ordered = sorted(patch.items(), key=lambda item: (item[0].project, item[0].task))
    with sorted_lines(path, form) as content:
        changes = [Change(content.find(name), line) for name, line in ordered]
    return splice(form, path.stat().st_size, changes)


@contextmanager
def sorted_lines(path: Path, form: Form) -> Iterator[SortedLines]:
    """Open the file at `path`, which is in our form; raises OSError."""
    with path.open("rb", buffering=_WINDOW_BYTES) as file:
        yield SortedLines(file, path.stat().st_size, form)
