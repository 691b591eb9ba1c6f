"""The merge: what annotators changed, put into the dataset as the team's branch has it.

What only one side changed is taken. Where both changed the same annotation, `OnConflict` says which version stands and
the conflict is told. Nothing here reads or writes a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dvc_sync_s3.dataset.annotation import NO_PROJECT
from dvc_sync_s3.dataset.model import Conflict, Edit, OnConflict, RecordId, Touched
from dvc_sync_s3.dataset.record import Record, parse_line, render
from dvc_sync_s3.dataset.revision import Revision


@dataclass(frozen=True, slots=True)
class Merged:
    """What the edits ask of the dataset, and what they did."""

    patch: Mapping[RecordId, bytes | None]
    """The new line of each record that differs, None where it goes; empty if there is nothing to commit."""
    touched: tuple[Touched, ...]
    conflicts: tuple[Conflict, ...]
    added_records: frozenset[RecordId]
    """Records that were not in the dataset before; records that came back are among them."""


def homes(edits: Iterable[Edit]) -> frozenset[RecordId]:
    """Return where the records that `edits` touch may be: under their own id, or the task's without a project."""
    return frozenset(home for edit in edits for home in _candidates(edit.record))


def merge(
    records: Mapping[RecordId, bytes], edits: Sequence[Edit], on_conflict: OnConflict = OnConflict.OURS
) -> Merged:
    """Return what `edits`, given in order of seq, change of `records`: those of the dataset that are among `homes`.

    Merging the same edits again changes nothing. Raises Blocked if a record that an edit touches can't be read, TooDeep
    if it is nested too deep.
    """
    left = dict(records)
    patch: dict[RecordId, bytes | None] = {}
    touched: list[Touched] = []
    conflicts: list[Conflict] = []
    added: set[RecordId] = set()
    for name, its_edits in sorted(_by_record(edits).items()):
        home = next((candidate for candidate in _candidates(name) if candidate in left), None)
        before = None if home is None else parse_line(left[home])
        revision = Revision(name, before, on_conflict)
        for edit in its_edits:
            revision.apply(edit)
        touched += revision.touched
        conflicts += revision.conflicts
        line = _line(revision.record())
        if line == _line(before):
            continue
        if home is None:
            added.add(name)
        else:
            patch[home] = None
            del left[home]
        if line is not None:
            patch[revision.name] = left[revision.name] = line
    return Merged(patch, tuple(touched), tuple(conflicts), frozenset(added))


def _by_record(edits: Sequence[Edit]) -> dict[RecordId, list[Edit]]:
    grouped: dict[RecordId, list[Edit]] = {}
    for edit in edits:
        grouped.setdefault(edit.record, []).append(edit)
    return grouped


def _candidates(name: RecordId) -> tuple[RecordId, RecordId]:
    return name, RecordId(NO_PROJECT, name.task)


def _line(record: Record | None) -> bytes | None:
    return None if record is None else render(record)
