"""Annotations compared: what Label Studio holds, what the dataset holds, what an import brings back."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from dvc_sync_s3.dataset.model import Fields, JsonValue

CHOICES = (
    '<View><Text name="text" value="$text"/><Choices name="sentiment" toName="text">'
    '<Choice value="pos"/><Choice value="neg"/></Choices></View>'
)
RECTANGLES = (
    '<View><Image name="image" value="$image"/><RectangleLabels name="shape" toName="image">'
    '<Label value="cat"/><Label value="dog"/></RectangleLabels></View>'
)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
"""A PNG image of one pixel."""


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """What matters of one annotation, and the task it belongs to; `result` and `data` are canonical JSON."""

    task: int
    annotation: int
    data: str
    result: str
    was_cancelled: bool
    ground_truth: bool
    lead_time_s: float | None


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """An annotation without its ids, which an import gives anew."""

    data: str
    result: str
    was_cancelled: bool
    ground_truth: bool


def choice(value: str) -> list[JsonValue]:
    """Return an annotation's result that chooses `value`."""
    return [
        {"from_name": "sentiment", "to_name": "text", "type": "choices", "value": {"choices": [value]}},
    ]


def rectangle(label: str) -> list[JsonValue]:
    """Return an annotation's result that draws one rectangle."""
    value: JsonValue = {"x": 10.5, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": [label]}
    return [
        {
            "id": "abc123",
            "from_name": "shape",
            "to_name": "image",
            "type": "rectanglelabels",
            "original_width": 1,
            "original_height": 1,
            "image_rotation": 0,
            "value": value,
        }
    ]


def held(tasks: JsonValue | Sequence[Fields]) -> list[Held]:
    """Return every annotation of a list of tasks, sorted."""
    assert isinstance(tasks, Sequence)
    found = []
    for task in tasks:
        assert isinstance(task, dict)
        for annotation in task["annotations"]:
            lead_time_s = annotation.get("lead_time")
            found.append(
                Held(
                    task["id"],
                    annotation["id"],
                    _canonical(task["data"]),
                    _canonical(annotation["result"]),
                    annotation["was_cancelled"],
                    annotation["ground_truth"],
                    lead_time_s,
                )
            )
    return sorted(found)


def said(annotations: Sequence[Held]) -> list[Said]:
    """Return the annotations without ids, sorted."""
    return sorted(Said(one.data, one.result, one.was_cancelled, one.ground_truth) for one in annotations)


def annotation_object(
    annotation: int, value: str, *, task: int | None = None, project: int = 1, text: str = "a text"
) -> bytes:
    """Return the object that Label Studio 1.23 puts for a choice on a text; one task each unless `task` is given."""
    task_id = annotation if task is None else task
    made_at = "2026-11-22T23:33:12.985242Z"
    body: JsonValue = {
        "id": annotation,
        "result": choice(value),
        "created_username": " ann@example.com, 1",
        "created_ago": "0\u00a0minutes",
        "completed_by": {"id": 1, "first_name": "", "last_name": "", "email": "ann@example.com"},
        "task": {
            "id": task_id,
            "data": {"text": text},
            "meta": {},
            "created_at": made_at,
            "updated_at": made_at,
            "is_labeled": True,
            "inner_id": task_id,
            "total_annotations": 1,
            "project": project,
        },
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": made_at,
        "updated_at": made_at,
        "lead_time": 1.5,
        "project": project,
        "updated_by": 1,
    }
    return json.dumps(body).encode()


def _canonical(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True)
