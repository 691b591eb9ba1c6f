"""What a task's own fields say, one by one: two who change different fields are not in each other's way."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dvc_sync_s3.dataset.canonical import digest
from dvc_sync_s3.dataset.model import Fields

NOT_SYNCED_AS_IT_IS = "{}"
"""The digest of a task that came through us, but as we don't know what: every field of it may differ."""

COUNTED = frozenset(
    (
        "cancelled_annotations",
        "comment_authors",
        "comment_count",
        "file_upload",  # a row's number in one shape, a name in the other; `data` says which
        "is_labeled",
        "last_comment_updated_at",
        "overlap",  # the project's setting; Label Studio's own export leaves it out too
        "precomputed_agreement",
        "state",
        "total_annotations",
        "total_predictions",
        "unresolved_comment_count",
        "updated_at",  # moves with every annotation
        "updated_by",
    )
)
"""Fields that Label Studio counts or stamps: they change while the task's data does not."""

TASK_DROPPED = COUNTED | {
    "annotations",
    "drafts",
    "predictions",  # a model's output, not an annotator's: the data scientists' field
}
"""Fields of a task in an object that don't go into the dataset as the task's own."""


def task_digest(fields: Fields) -> str:
    """Return one digest for each of a task's own fields, as JSON text; equal texts mean equal tasks. Raises NotJson.

    >>> task_digest({"id": 7}) == task_digest({"id": 7.0})
    True
    """
    return json.dumps({name: digest(fields[name])[:32] for name in sorted(fields)}, separators=(",", ":"))


def field_digests(text: str) -> Mapping[str, str]:
    """Return the digests that `task_digest` wrote, by field; none if it is a text of another kind."""
    if not text.startswith("{"):
        return {}
    read: dict[str, str] = json.loads(text)
    return read


def field_digest(fields: Fields, name: str) -> str | None:
    """Return the digest of one field as `task_digest` takes it, None if it isn't there."""
    return digest(fields[name])[:32] if name in fields else None


def is_as_synced(fields: Fields, text: str) -> bool:
    """Tell whether a record's fields hold nothing but what was synced as `text`: no field of anybody else's.

    >>> is_as_synced({"id": 7, "predictions": []}, task_digest({"id": 7, "meta": {}}))
    True
    >>> is_as_synced({"id": 7, "split": "train"}, task_digest({"id": 7}))
    False
    """
    synced = field_digests(text)
    return all(
        synced.get(name) == field_digest(fields, name) or (name == "project" and "id" in synced)
        for name, value in fields.items()
        if value and name not in COUNTED
    )
