"""A record as a line of text, and a dataset as lines that are parsed only when an edit touches them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dvc_sync_s3.dataset.annotation import NO_PROJECT, annotation_digest, as_id, with_ids
from dvc_sync_s3.dataset.canonical import RECORD_DEPTH, NotJson, TooDeep, canonical, parse
from dvc_sync_s3.dataset.model import Fields, JsonValue, RecordId
from dvc_sync_s3.errors import Blocked

_LINE_START = re.compile(rb'\{"id":(0|[1-9][0-9]{0,17})(?:,"project":(0|[1-9][0-9]{0,17}))?[,}]')


@dataclass(frozen=True, slots=True)
class Record:
    """A record taken apart."""

    fields: Fields
    """Everything but the annotations."""
    annotations: Mapping[int, Fields]
    """By id; of two with the same id the later one."""
    loose: tuple[JsonValue, ...] = ()
    """Elements of `annotations` without an id, carried along."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Every record's line, in order of record id, then the elements that are no records, carried along."""

    records: Mapping[RecordId, bytes]
    others: tuple[bytes, ...] = ()


def record_id(fields: Fields) -> RecordId | None:
    """Return which record `fields` are, or None if they have no task id."""
    task = as_id(fields.get("id"))
    if task is None:
        return None
    project = as_id(fields.get("project"))
    return RecordId(NO_PROJECT if project is None else project, task)


def id_of_line(line: bytes) -> RecordId | None:
    """Return which record a line in our own form holds, mostly without parsing it; None if it isn't in our form.

    >>> id_of_line(b'{"id":7,"project":2,"data":{},"annotations":[]}')
    RecordId(project=2, task=7)
    """
    start = _LINE_START.match(line)
    if start is None or not line.endswith(b"}") or b'"annotations":' not in line:
        return None
    task, project = start.groups()
    if project is None and b'"project"' in line:
        return _id_of_line_without_project(line)
    return RecordId(NO_PROJECT if project is None else int(project), int(task))


def take_apart(fields: Fields) -> Record:
    """Return the record of a task's `fields`, annotations among them; ids are whole numbers then.

    Raises Blocked if the annotations are no list, or one has an id that is none.
    """
    listed = fields.get("annotations")
    if listed is None:
        listed = []
    if not isinstance(listed, list):
        raise Blocked(
            f"the annotations of task {fields.get('id')} in the dataset are not a list",
            hint="Make its annotations a list again and push; nothing was changed.",
        )
    annotations: dict[int, Fields] = {}
    loose: list[JsonValue] = []
    for each in listed:
        annotation_id = as_id(each.get("id")) if isinstance(each, dict) else None
        if isinstance(each, dict) and annotation_id is not None:
            if annotation_id in annotations and not _say_the_same(annotations[annotation_id], each):
                raise _listed_twice(fields, f"annotation {annotation_id} with two contents")
            annotations[annotation_id] = with_ids(each, "id")
        elif isinstance(each, dict) and "id" in each:
            raise no_id(f"an annotation of task {fields.get('id')} in the dataset", each["id"])
        else:
            loose.append(each)
    own = {name: value for name, value in fields.items() if name != "annotations"}
    return Record(with_ids(own, "id", "project"), annotations, tuple(loose))


def no_id(what: str, found: JsonValue) -> Blocked:
    """Say that `what` of the dataset has an `id` that is none: an annotator's change would bring it in once more."""
    return Blocked(
        f"{what} has no usable id but {canonical(found).decode()[:40]}",
        hint="Give it the number that it has in Label Studio, or, if it is none of Label Studio's, take its `id` away; "
        "push. Nothing was changed.",
    )


def parse_line(line: bytes) -> Record:
    """Return the record of a line; raises Blocked if the line is no JSON object, TooDeep if it is nested too deep."""
    try:
        fields = parse(line, RECORD_DEPTH)
    except TooDeep:
        raise  # the file is sound: only whoever touches this record can't go on
    except NotJson as error:
        reason = str(error)
    else:
        if isinstance(fields, dict):
            return take_apart(fields)
        reason = "it is not an object"
    raise Blocked(
        f"the dataset's record {line[:40]!r} can't be read: {reason}",
        hint="Correct that line of the dataset and push, or restore the dataset's last good version.",
    )


def render(record: Record) -> bytes:
    """Return the record's line: `id`, `project`, the other fields sorted, and at last the annotations in order of id.

    >>> render(Record({"data": {}, "project": 2, "id": 7}, {}))
    b'{"id":7,"project":2,"data":{},"annotations":[]}'
    """
    head = {name: record.fields[name] for name in ("id", "project") if name in record.fields}
    rest = {name: value for name, value in record.fields.items() if name not in head}
    ordered = [dict(record.annotations[each]) for each in sorted(record.annotations)]
    parts = [canonical(part)[1:-1] for part in (head, rest) if part]
    return b"{" + b",".join([*parts, b'"annotations":' + canonical([*ordered, *record.loose])]) + b"}"


def unite(first: Record, second: Record) -> Record:
    """Return one record of two with the same id, as where a task is listed once for each of its annotations.

    Of the task's own fields the second's count: they are later snapshots of it. Raises Blocked where nobody can tell
    which is meant: an annotation with two contents, or two rows without annotations that differ.
    """
    both = first.annotations.keys() & second.annotations.keys()
    contradicting = [
        each for each in sorted(both) if not _say_the_same(first.annotations[each], second.annotations[each])
    ]
    if contradicting:
        raise _listed_twice(first.fields, f"annotation {contradicting[0]} with two contents")
    if not second.annotations and first.fields != second.fields:
        raise _listed_twice(first.fields, "itself with different fields")
    return Record(
        {**first.fields, **second.fields},
        {**first.annotations, **second.annotations},
        (*first.loose, *second.loose),
    )


def _say_the_same(one: Fields, other: Fields) -> bool:
    return annotation_digest(one) == annotation_digest(other)


def _listed_twice(fields: Fields, what: str) -> Blocked:
    return Blocked(
        f"task {fields.get('id')} in the dataset lists {what}",
        hint="Keep the one that is meant and push; nothing was changed.",
    )


def in_order(records: Mapping[RecordId, bytes]) -> dict[RecordId, bytes]:
    """Return `records` sorted by id."""
    return dict(sorted(records.items(), key=lambda item: (item[0].project, item[0].task)))


def _id_of_line_without_project(line: bytes) -> RecordId | None:
    # Our form has `project` second; a tool may have moved it, or only the annotations have one.
    try:
        fields = parse(line)
    except NotJson:
        return None
    found = record_id(fields) if isinstance(fields, dict) else None
    return found if found and found.project == NO_PROJECT else None
