"""Shards: which of a folder's files holds which tasks, told by the file's name, and what may be in one.

Annotators work through tasks in order, so neighbours change together: a bundle touches few shards, and their number
grows with the data. See docs/adr/0011-shards-by-task-id.md for the width.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from dvc_sync_s3.dataset.canonical import NotJson, parse, parse_array
from dvc_sync_s3.dataset.layouts import reading
from dvc_sync_s3.dataset.layouts.splicing import LINES
from dvc_sync_s3.dataset.model import JsonValue, RecordId
from dvc_sync_s3.dataset.record import Dataset
from dvc_sync_s3.errors import Blocked

WIDTH = 512
"""Task ids per shard."""
OTHERS = "others.jsonl"
"""Where a conversion puts the elements that have no task id."""
_NAME = re.compile(r"tasks-([0-9]{10,18})\.jsonl")
_TABLES = {".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".gz", ".zst", ".zip"}
_RESHARDED = (
    "Give each task back to the shard of its id, `tasks-<first id>.jsonl`, and push; or restore the folder's last good "
    "version; or let the service have a folder of its own (DVC_DATASET). Nothing was changed."
)


def shard_of(record: RecordId) -> str:
    """Return the path, below the folder, of the shard that holds a record.

    >>> shard_of(RecordId(2, 1000))
    'tasks-0000000512.jsonl'
    """
    return f"tasks-{record.task - record.task % WIDTH:010}.jsonl"


def is_shard(relpath: str) -> bool:
    """Tell whether a file of the folder is a shard; raises Blocked if it looks like one and can't be.

    >>> is_shard("tasks-0000000512.jsonl"), is_shard("README.md")
    (True, False)
    """
    match = _NAME.fullmatch(relpath)
    if match is not None and shard_of(RecordId(0, int(match[1]))) == relpath:
        return True
    if PurePosixPath(relpath).name.startswith("tasks-"):
        raise Blocked(f"the dataset's {relpath} is named like a shard but is none", hint=_RESHARDED)
    return False


def may_hold_tasks(relpath: str) -> bool:
    """Tell whether a file of the folder has to be looked into."""
    return relpath.endswith((".json", ".jsonl"))


def read_shard(path: Path, relpath: str) -> Dataset:
    """Return what the shard `relpath`, whose content is at `path`, holds, in whatever form JSON lines have.

    Raises Blocked if it is broken or holds a task that belongs elsewhere, OSError.
    """
    try:
        dataset = _dataset(path)
    except Blocked as error:
        raise Blocked(f"{relpath}: {error}", hint=error.hint) from error
    for record in dataset.records:
        if (home := shard_of(record)) != relpath:
            raise Blocked(
                f"the dataset's {relpath} holds task {record.task}, which belongs into {home}", hint=_RESHARDED
            )
    return dataset


def check_foreign(path: Path, relpath: str) -> None:
    """Raise Blocked if a file that is no shard holds tasks all the same: the annotators' would come in twice."""
    elements = _lines(path) if relpath.endswith(".jsonl") else _array(path)
    found = next((name for element in elements if (name := reading.task_of(element)) is not None), None)
    if found is not None:
        raise Blocked(f"the dataset's {relpath} holds task {found.task} but is no shard", hint=_RESHARDED)


def check_layout(relpaths: Iterable[str]) -> None:
    """Raise Blocked if a folder without shards has other files that may hold its tasks."""
    tables = (each for each in relpaths if PurePosixPath(each).suffix in _TABLES and each != OTHERS)
    if names := ", ".join(islice(tables, 3)):
        raise Blocked(f"the dataset's folder has no shards of tasks but other files: {names}", hint=_RESHARDED)


def _dataset(path: Path) -> Dataset:
    if not reading.is_in_our_form(path, LINES):
        return reading.parse_file(path, LINES)
    records: dict[RecordId, bytes] = {}
    others: list[bytes] = []
    for name, line in reading.lines(path, LINES):
        if name is None:
            others.append(line)
        else:
            records[name] = line
    return Dataset(records, tuple(others))


def _lines(path: Path) -> Iterator[JsonValue]:
    with path.open("rb") as file:
        for line in file:
            try:
                yield parse(line)
            except NotJson:
                continue


def _array(path: Path) -> Iterator[JsonValue]:
    with path.open("rb") as file:
        if not file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
            return
    try:
        yield from parse_array(path.read_bytes())
    except NotJson:
        return
