"""The dataset as one file: a JSON array or JSON lines, a record a line, in order.

A sync bisects the file for the records it changes and copies the rest, so its memory doesn't grow with the file. A file
in any other form is parsed and written in ours once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from itertools import chain
from pathlib import Path

from dvc_sync_s3.dataset.layouts import reading
from dvc_sync_s3.dataset.layouts.bisection import SortedLines, patched, sorted_lines
from dvc_sync_s3.dataset.layouts.layout import Content, Derivation, Objects, Version, Written
from dvc_sync_s3.dataset.layouts.splicing import Form, write
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.errors import Blocked

_REMEMBERED = 8


class SingleFile:
    """A layout that remembers which versions it has checked, or written itself."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._in_our_form: dict[str, str] = {}
        """md5 of a version: md5 of the same records in our form, most often the same."""

    def read(self, version: Version | None, names: Collection[RecordId], objects: Objects) -> Mapping[RecordId, bytes]:
        """Return the lines of those of `names` that the version holds."""
        if version is None:
            return {}
        with self._open(version, objects) as content:
            found = ((name, content.find(name)) for name in names)
            return {name: content.line(span) for name, span in found if span.end > span.start}

    def write(self, version: Version | None, patch: Mapping[RecordId, bytes | None], objects: Objects) -> Written:
        """Return the version that follows when each of `patch` gets its line, or goes (None)."""
        base = self._ours(version, objects) if version else self._empty(objects)
        path = objects.path(base)
        pieces = patched(path, self._form, patch)
        draft = objects.draft()
        with path.open("rb") as file:
            summed = write(pieces, file, draft)
        objects.adopt(draft, summed.md5)
        self._remember(summed.md5, summed.md5)
        derivation = Derivation(base, pieces) if version and version.md5 == base else None
        return Written(Version(summed.md5, summed.size), (Content(summed.md5, summed.size, derivation),))

    def lines(self, version: Version | None, objects: Objects) -> Iterator[tuple[RecordId | None, bytes]]:
        """Yield every element's line, one at a time; None in place of a name for what is no record."""
        if version is not None:
            yield from reading.lines(objects.path(self._ours(version, objects)), self._form)

    def order(self, name: RecordId) -> tuple[int, int]:
        """Return what records are sorted by: the project, then the task."""
        return name.project, name.task

    def create(self, lines: Iterable[tuple[RecordId | None, bytes]], objects: Objects) -> Written:
        """Return a version of all `lines`, which are in order."""
        draft = objects.draft()
        summed = write(reading.pieces_of((line for _, line in lines), self._form), BytesIO(), draft)
        objects.adopt(draft, summed.md5)
        self._remember(summed.md5, summed.md5)
        return Written(Version(summed.md5, summed.size), (Content(summed.md5, summed.size),))

    def extras(self, version: Version | None, objects: Objects) -> Iterator[str]:  # noqa: ARG002 - a file has none
        """Yield nothing: one file has room for elements only."""
        return iter(())

    @contextmanager
    def _open(self, version: Version, objects: Objects) -> Iterator[SortedLines]:
        with sorted_lines(objects.path(self._ours(version, objects)), self._form) as content:
            yield content

    def _ours(self, version: Version, objects: Objects) -> str:
        """Return the md5 of a content with the version's records in our form."""
        if version.md5.endswith(".dir"):
            raise Blocked(
                "the dataset is a folder on the branch", hint="Set DVC_DATASET to a folder, or track one file there."
            )
        known = self._in_our_form.get(version.md5)
        if known is None or not (known == version.md5 or objects.has(known)):  # no remote has what was put right here
            known = self._checked(version.md5, objects)
            self._remember(version.md5, known)
        return known

    def _checked(self, md5: str, objects: Objects) -> str:
        path = objects.path(md5)
        if reading.is_in_our_form(path, self._form):
            return md5
        dataset = reading.parse_file(path, self._form)
        lines = chain(dataset.records.values(), dataset.others)
        return self._adopt(reading.pieces_of(lines, self._form), path, objects)

    def _empty(self, objects: Objects) -> str:
        draft = objects.draft()
        draft.write_bytes(b"")
        return self._adopt([self._form.empty], draft, objects)

    def _adopt(self, pieces: Iterator[bytes] | list[bytes], base: Path, objects: Objects) -> str:
        draft = objects.draft()
        with base.open("rb") as file:
            summed = write(pieces, file, draft)
        objects.adopt(draft, summed.md5)
        return summed.md5

    def _remember(self, md5: str, in_our_form: str) -> None:
        self._in_our_form[md5] = in_our_form
        while len(self._in_our_form) > _REMEMBERED:
            del self._in_our_form[next(iter(self._in_our_form))]
