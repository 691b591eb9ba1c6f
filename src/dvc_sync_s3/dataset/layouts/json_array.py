"""The dataset as one JSON array, a record per line: `[`, the lines joined by commas, `]`.

A file in this form is read without parsing its records: at 300 MB that is what a sync can afford.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from dvc_sync_s3.dataset.annotation import as_id
from dvc_sync_s3.dataset.canonical import NotJson, canonical, parse, parse_array
from dvc_sync_s3.dataset.layouts.layout import Written
from dvc_sync_s3.dataset.model import Fields, JsonValue, RecordId
from dvc_sync_s3.dataset.record import (
    Dataset,
    Record,
    id_of_line,
    in_order,
    parse_line,
    record_id,
    render,
    take_apart,
    unite,
)
from dvc_sync_s3.errors import Blocked

_EMPTY = b"[]\n"
_BUFFER_BYTES = 1 << 20


class _NotOurForm(Exception):
    """The file is to be parsed as a whole."""


def read(path: Path) -> Dataset:
    """Return the dataset in the file at `path`, in whatever form a JSON array has.

    A task that is listed several times becomes one record. Raises Blocked if the file is no JSON array, OSError.
    """
    try:
        with path.open("rb", buffering=_BUFFER_BYTES) as file:
            return _dataset_of_lines(file)
    except _NotOurForm:
        return _dataset_of_array(path)


def write(dataset: Dataset, path: Path) -> Written:
    """Put `dataset` at `path` and return the file's MD5 and size; raises OSError."""
    md5, size = hashlib.md5(usedforsecurity=False), 0
    path.unlink(missing_ok=True)  # it may be a hard link to DVC's cache, which must not change
    with path.open("xb", buffering=_BUFFER_BYTES) as file:
        for piece in _pieces(dataset):
            file.write(piece)
            md5.update(piece)
            size += len(piece)
    return Written(md5.hexdigest(), size)


def _pieces(dataset: Dataset) -> Iterator[bytes]:
    before = b"[\n"
    for element in (*dataset.records.values(), *dataset.others):
        yield before + element
        before = b",\n"
    yield _EMPTY if before == b"[\n" else b"\n]\n"


def _dataset_of_lines(file: BinaryIO) -> Dataset:
    records: dict[RecordId, bytes] = {}
    others: list[bytes] = []
    last = (-2, -2)
    for element in _elements(file):
        found = id_of_line(element)
        if found is None:
            others.append(_other(element))
            continue
        position = (found.project, found.task)
        if position <= last:
            raise _NotOurForm
        last = position
        records[found] = element
    return Dataset(records, tuple(others))


def _elements(file: BinaryIO) -> Iterator[bytes]:
    first = file.readline()
    if first == _EMPTY and not file.read(1):
        return
    more, closed = first == b"[\n", False
    for line in file:
        if line == b"]\n":
            closed = not more and not file.read(1)
            break
        if not more:
            break
        more = line.endswith(b",\n")
        yield line[:-2] if more else line[:-1]
    if not closed:
        raise _NotOurForm


def _other(element: bytes) -> bytes:
    try:
        value = parse(element)
    except NotJson:
        raise _NotOurForm from None
    if _record(value) is not None:
        raise _NotOurForm
    return element


def _dataset_of_array(path: Path) -> Dataset:
    try:
        return _dataset_of_elements(parse_array(path.read_bytes()))
    except NotJson as error:
        raise Blocked(
            f"the dataset is not a JSON array of tasks: {error}",
            hint="Correct the dataset and push, or restore its last good version; nothing was changed.",
        ) from error


def _dataset_of_elements(elements: Iterable[JsonValue]) -> Dataset:
    records: dict[RecordId, bytes] = {}
    others: list[bytes] = []
    for element in elements:
        found = _record(element)
        if found is None:
            others.append(_line_of_other(element))
            continue
        name, record = found
        if name in records:
            record = unite(parse_line(records[name]), record)
        records[name] = render(record)
    return Dataset(in_order(records), tuple(others))


def _record(element: JsonValue) -> tuple[RecordId, Record] | None:
    if not isinstance(element, dict):
        return None
    is_annotation = "result" in element and not element.keys() & {"data", "annotations"}
    fields = _task_of_annotation(element) if is_annotation else element
    name = record_id(fields)
    if name is None or not isinstance(fields.get("annotations"), list | None):
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
