"""A whole file of tasks, read line by line where it is in our form, parsed where it is not.

A file in our form is read without parsing its records: at 300 MB that is what a sync can afford.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from dvc_sync_s3.dataset.annotation import as_id
from dvc_sync_s3.dataset.canonical import NotJson, canonical, parse, parse_array
from dvc_sync_s3.dataset.layouts.splicing import ARRAY, Form
from dvc_sync_s3.dataset.model import Fields, JsonValue, RecordId
from dvc_sync_s3.dataset.record import (
    Dataset,
    Record,
    id_of_line,
    in_order,
    no_id,
    parse_line,
    record_id,
    render,
    take_apart,
    unite,
)
from dvc_sync_s3.errors import Blocked

_BUFFER_BYTES = 1 << 20


class _NotOurForm(Exception):
    """The file is to be parsed as a whole."""


def is_in_our_form(path: Path, form: Form) -> bool:
    """Tell whether the file is as we write it: an element a line, records in strict order, the others behind them."""
    last = (-2, -2)
    are_records_over = False
    try:
        for found, _ in lines(path, form):
            if found is None:
                are_records_over = True
            elif are_records_over or (found.project, found.task) <= last:
                return False
            else:
                last = (found.project, found.task)
    except _NotOurForm:
        return False
    return True


def lines(path: Path, form: Form) -> Iterator[tuple[RecordId | None, bytes]]:
    """Yield the elements of a file in our form, and which record each is."""
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        for element in _array_elements(file) if form is ARRAY else _line_elements(file):
            found = id_of_line(element)
            if found is None:
                _check_other(element)
            yield found, element


def parse_file(path: Path, form: Form) -> Dataset:
    """Return the dataset in a file of any other form of the same kind; holds all of it.

    A task that is listed several times becomes one record. Raises Blocked if the file can't be one, OSError.
    """
    try:
        elements = parse_array(path.read_bytes()) if form is ARRAY else _parse_lines(path)
        return _dataset_of_elements(elements)
    except NotJson as error:
        raise Blocked(
            f"the dataset is not {form.title}: {error}",
            hint="Correct the dataset and push, or restore its last good version; nothing was changed.",
        ) from error


def task_of(element: JsonValue) -> RecordId | None:
    """Return which record an element would become, None if none."""
    try:
        found = _record(element)
    except Blocked:
        return None
    return found and found[0]


def pieces_of(lines: Iterable[bytes], form: Form) -> Iterator[bytes]:
    """Yield the pieces of the file in our form whose elements are these lines."""
    elements = iter(lines)
    first = next(elements, None)
    if first is None:
        yield form.empty
        return
    yield form.opening + first
    for element in elements:
        yield form.separator + element
    yield form.closing


def _parse_lines(path: Path) -> Iterator[JsonValue]:
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield parse(line)
                except NotJson as error:
                    raise NotJson(f"in line {number}, {error}") from None


def _array_elements(file: BinaryIO) -> Iterator[bytes]:
    first = file.readline()
    if first == ARRAY.empty and not file.read(1):
        return
    more, closed = first == ARRAY.opening, False
    for line in file:
        if line == b"]\n":
            closed = not more and not file.read(1)
            break
        if not more:
            break
        more = line.endswith(ARRAY.separator)
        yield line[:-2] if more else line[:-1]
    if not closed:
        raise _NotOurForm


def _line_elements(file: BinaryIO) -> Iterator[bytes]:
    for line in file:
        if not line.endswith(b"\n"):
            raise _NotOurForm
        yield line[:-1]


def _check_other(element: bytes) -> None:
    try:
        value = parse(element)
    except NotJson:
        raise _NotOurForm from None
    try:
        found = _record(value)
    except Blocked:
        raise _NotOurForm from None  # whoever parses the whole file says which row it is
    if found is not None:
        raise _NotOurForm


def _dataset_of_elements(elements: Iterable[JsonValue]) -> Dataset:
    records: dict[RecordId, bytes] = {}
    others: list[bytes] = []
    for row, element in enumerate(elements, start=1):
        try:
            found = _record(element)
            if found is None:
                others.append(_line_of_other(element))
                continue
            name, record = found
            if name in records:
                record = unite(parse_line(records[name]), record)
        except Blocked as error:
            raise Blocked(f"row {row}: {error}", hint=error.hint) from error
        records[name] = render(record)
    return Dataset(in_order(records), tuple(others))


def _record(element: JsonValue) -> tuple[RecordId, Record] | None:
    """Return the record that an element is, None if it is none; raises Blocked for a task that can't be told."""
    if not isinstance(element, dict):
        return None
    is_annotation = "result" in element and not element.keys() & {"data", "annotations"}
    fields = _task_of_annotation(element) if is_annotation else element
    looks_like_a_task = bool(fields.keys() & {"data", "annotations"})
    name = record_id(fields)
    if name is None:
        if "id" in fields and looks_like_a_task:
            raise no_id("a task in the dataset", fields["id"])
        return None
    if not looks_like_a_task and not isinstance(fields["id"], int):
        return None
    return name, take_apart(fields)


def _task_of_annotation(element: Fields) -> Fields:
    """Return the task in an annotation object, as a bucket's objects collected into one list hold it; empty if none."""
    task = element.get("task")
    if not isinstance(task, dict):
        return {}
    annotation = {name: value for name, value in element.items() if name != "task"}
    project = element if as_id(task.get("project")) is None else task
    return {**task, **({"project": project["project"]} if "project" in project else {}), "annotations": [annotation]}


def _line_of_other(element: JsonValue) -> bytes:
    line = canonical(element)
    # An annotation has an id too; a space keeps its line from being taken for the record of a task with that id.
    return line if id_of_line(line) is None else b" " + line
