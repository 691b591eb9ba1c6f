"""Records found in a file in our form: its lines are in order of record id, so a few of them tell where one is."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dvc_sync_s3.dataset.layouts.splicing import Change, Form, Piece, Span, body_of, splice
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dataset.record import id_of_line


class SortedLines:
    """The lines of a file in our form; nothing of it is held in memory."""

    def __init__(self, content: mmap.mmap | bytes, form: Form) -> None:
        self._content = content
        self._separator = form.separator
        self._body = body_of(form, len(content))
        self._end = self._body.end - len(form.separator)

    def find(self, name: RecordId) -> Span:
        """Return where the record is; an empty span at the place it would have if it isn't there."""
        low, high = self._body.start, self._body.end
        while low < high:
            start = self._content.rfind(b"\n", low, min((low + high) // 2, self._end)) + 1 or low
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
        return bytes(self._content[span.start : span.end - len(self._separator)])

    def _end_of(self, start: int) -> int:
        found = self._content.find(b"\n", start, self._end)
        return self._body.end if found < 0 else found + 1

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
    with path.open("rb") as file:
        if path.stat().st_size == 0:  # nothing can be mapped
            yield SortedLines(b"", form)
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield SortedLines(content, form)
