"""What one object of a bucket says: a task with annotations, or nothing for the dataset.

Label Studio saves an annotation in one of two shapes. Both are made by its storage code, version 1.23:
https://github.com/HumanSignal/label-studio/blob/1.23.2/label_studio/io_storages/base_models.py
"""

from __future__ import annotations

import re

from dvc_sync_s3.dataset.canonical import OBJECT_DEPTH, NotJson, digest, parse
from dvc_sync_s3.dataset.model import Annotation, Fields, JsonValue, Labelled, RecordId, Skipped
from dvc_sync_s3.dataset.task import TASK_DROPPED, task_digest

NO_PROJECT = -1
MAX_ID = 10**18 - 1
"""Fits SQLite's integers and every JSON reader's own limit on digits."""
_LARGEST_EXACT_FLOAT = 2.0**53
_AS_TEXT = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.0+)?")

ANNOTATION_DROPPED = frozenset(
    (
        "created_ago",  # "3 minutes": another text at every export
        "created_username",  # display text, made of completed_by
        "task",  # the record itself; an object in one shape, a number in the other
        "prediction",  # only in the task's shape, as the next two
        "result_count",  # the length of `result`
        "unique_id",
    )
)
"""Fields of an annotation that age, are display only, or exist in one of the two shapes."""


class _Unfit(Exception):
    """Say why an object is left out, in words a person understands."""


def read_object(key: str, body: bytes) -> Labelled | Skipped:
    """Return what the object at `key` says, or why it is left out; never raises, whatever the bytes are.

    An annotation `{id, result, task: {id, data}}` lies at `…/<its id>`, a task `{id, data, annotations}` at
    `…/<its id>`; both may end in `.json`. Of a task, annotations that can't be used are left out.
    """
    try:
        value = parse(body, OBJECT_DEPTH)
    except NotJson as error:
        return Skipped(f"not JSON: {error}")
    try:
        return _read(key.rpartition("/")[2].removesuffix(".json"), value)
    except _Unfit as error:
        return Skipped(str(error))


def annotation_digest(fields: Fields) -> str:
    """Return the digest of what an annotation says, wherever its fields come from: an object, the dataset, an export.

    Fields that are dropped don't count, and of `completed_by` only the id does: Label Studio's exports hold the
    bare id, and a person's name may change. A result of null counts as an empty one, an id of "7" as 7. Raises NotJson.
    """
    said = _said(fields)
    match said.get("completed_by"):
        case {"id": annotator_id}:
            said["completed_by"] = annotator_id
    return digest(with_ids(said, "completed_by"))


def as_id(value: JsonValue) -> int | None:
    """Return `value` if it can be an id: a whole number from 0 to MAX_ID, or what a tool made of one; else None.

    pandas makes 2 to 2.0 where another row has none, and scripts make it to a text.

    >>> as_id(7), as_id(7.0), as_id("7"), as_id("7.0")
    (7, 7, 7, 7)
    >>> as_id(True), as_id(-1), as_id(7.5), as_id("07")
    (None, None, None, None)
    """
    if isinstance(value, str) and (match := _AS_TEXT.fullmatch(value)):
        value = int(match[1])
    elif isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT_FLOAT:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_ID:
        return value
    return None


def with_ids(fields: Fields, *names: str) -> dict[str, JsonValue]:
    """Return `fields` with those of `names` that can be ids as whole numbers.

    >>> with_ids({"id": "7", "project": 2.0, "meta": "7"}, "id", "project")
    {'id': 7, 'project': 2, 'meta': '7'}
    """
    return {**fields, **{name: number for name in names if (number := as_id(fields.get(name))) is not None}}


def _read(name: str, value: JsonValue) -> Labelled:
    if not isinstance(value, dict):
        raise _Unfit(f"a JSON {_kind(value)}, not an annotation")
    if "result" in value:
        task = value.get("task")
        if not isinstance(task, dict):
            raise _Unfit("its task is not an object")
        listed: JsonValue = [value]
    elif "annotations" in value:
        task, listed = value, value["annotations"]
    elif "data" in value:
        raise _Unfit("a source task without annotations")
    else:
        raise _Unfit("no result")
    if not isinstance(listed, list):
        raise _Unfit("its annotations are not a list")
    _check_name(name, value)
    return _labelled(task, listed)


def _labelled(task: Fields, listed: list[JsonValue]) -> Labelled:
    task_id = as_id(task.get("id"))
    if task_id is None:
        raise _Unfit("its task has no usable id")
    if not isinstance(task.get("data"), dict):
        raise _Unfit("its task has no data")
    annotations, unusable = _annotations(listed)
    if unusable and not annotations:
        raise _Unfit(unusable[0])
    if annotations and "annotations" in task and not _is_label_studio_s(task, annotations):
        raise _Unfit("a source task: Label Studio's own name their project and their annotators")
    fields = with_ids(_without(task, TASK_DROPPED), "id", "project")
    return Labelled(
        record=RecordId(_project(task, annotations), task_id),
        task=fields,
        task_digest=task_digest(fields),
        annotations=tuple({annotation.id: annotation for annotation in annotations}.values()),
        unusable=f"{unusable[0]}; the others are used" if unusable else None,
    )


def _annotations(listed: list[JsonValue]) -> tuple[list[Annotation], list[str]]:
    """Return the annotations that can be used, and why each of the others can't."""
    annotations: list[Annotation] = []
    unusable: list[str] = []
    for each in listed:
        try:
            annotations.append(_annotation(each))
        except _Unfit as error:
            unusable.append(str(error))
    return annotations, unusable


def _annotation(value: JsonValue) -> Annotation:
    if not isinstance(value, dict):
        raise _Unfit("one of its annotations is not an object")
    annotation_id = as_id(value.get("id"))
    if annotation_id is None:
        raise _Unfit("one of its annotations has no usable id")
    fields = _said(value)
    if not isinstance(fields.get("result"), list):
        raise _Unfit(f"annotation {annotation_id} has no result")
    return Annotation(annotation_id, fields, annotation_digest(fields))


def _check_name(name: str, fields: Fields) -> None:
    own_id = as_id(fields.get("id"))
    if own_id is None:
        raise _Unfit("no usable id")
    if not (name.isascii() and name.isdecimal()):
        raise _Unfit(f"its key does not end in its id, {own_id}")
    if name != str(own_id):
        raise _Unfit(f"its key says {name[:30]} but its id is {own_id}")


def _is_label_studio_s(task: Fields, annotations: list[Annotation]) -> bool:
    """Tell whether Label Studio wrote the task: one that it is to read names no project, or nobody who annotated it."""
    is_credited = any("completed_by" in annotation.fields for annotation in annotations)
    return is_credited and _project(task, annotations) != NO_PROJECT


def _project(task: Fields, annotations: list[Annotation]) -> int:
    candidates = [task.get("project"), *(annotation.fields.get("project") for annotation in annotations)]
    return next((project for each in candidates if (project := as_id(each)) is not None), NO_PROJECT)


def _said(fields: Fields) -> dict[str, JsonValue]:
    """Return what an annotation says; Label Studio's API makes skips whose result is null instead of empty."""
    said = _without(fields, ANNOTATION_DROPPED)
    if "result" in said and said["result"] is None:
        said["result"] = []
    return with_ids(said, "id", "project")


def _without(fields: Fields, dropped: frozenset[str]) -> dict[str, JsonValue]:
    return {name: value for name, value in fields.items() if name not in dropped}


def _kind(value: JsonValue) -> str:
    if isinstance(value, list):
        return "list"
    if isinstance(value, str):
        return "string"
    return "null" if value is None else "boolean" if isinstance(value, bool) else "number"
