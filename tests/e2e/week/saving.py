"""What Label Studio puts into the bucket when annotators save: its own bodies, with other texts, labels and people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[2] / "samples"
PEOPLE: Mapping[int, tuple[str, str]] = {1: ("Ann", "ann@example.com"), 2: ("Bo", "bo@example.com")}
ANN, BO = PEOPLE
TEXTS, PHOTOS = 4, 5
"""Label Studio's projects."""


@dataclass(frozen=True, slots=True, order=True)
class Saved:
    """One annotation, the only one of its task: task 12 has annotation 112 in texts, 212 in photos."""

    project: int
    task: int
    label: str
    by: int

    @property
    def annotation(self) -> int:
        """The annotation's id."""
        return self.task + (100 if self.project == TEXTS else 200)

    @property
    def key(self) -> str:
        """The object's key: each project has a prefix of its own."""
        return f"{'texts' if self.project == TEXTS else 'photos'}/{self.annotation}"


def texts(tasks: Iterable[int], label: str, by: int) -> list[Saved]:
    """Return texts that were all given one label by one person."""
    return [Saved(TEXTS, task, label, by) for task in tasks]


def photos(tasks: Iterable[int], label: str, by: int) -> list[Saved]:
    """Return photos in each of which one person drew one rectangle."""
    return [Saved(PHOTOS, task, label, by) for task in tasks]


def body(saved: Saved) -> bytes:
    """Return the object that Label Studio puts for it."""
    sample = "text_choices.json" if saved.project == TEXTS else "image_bbox.json"
    said: Any = json.loads((SAMPLES / sample).read_bytes())
    name, email = PEOPLE[saved.by]
    said |= {
        "id": saved.annotation,
        "project": saved.project,
        "updated_by": saved.by,
        "created_username": f"{name} {email}, {saved.by}",
        "completed_by": {"id": saved.by, "first_name": name, "last_name": "", "email": email},
    }
    said["task"] |= {"id": saved.task, "inner_id": saved.task, "project": saved.project}
    if saved.project == TEXTS:
        said["task"]["data"] = {"text": f"Review {saved.task} \u2713"}
        said["result"][0]["value"]["choices"] = [saved.label]
    else:
        said["task"]["data"] = {"image": f"s3://photos/{saved.task}.png"}
        said["result"][0]["value"]["rectanglelabels"] = [saved.label]
    return json.dumps(said).encode()
