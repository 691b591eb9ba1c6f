"""What becomes the dataset."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

_PLACE = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/.*)?")


def _places(value: str) -> str:
    if not all(_PLACE.fullmatch(place) for place in _split(value)):
        raise ValueError("must be buckets or beginnings of keys, such as labels,annotations/reviews/, by commas")
    return value


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


class DatasetSettings(BaseModel):
    """The settings whose names begin with DATASET_ or MERGE_."""

    dataset_include: Annotated[str, AfterValidator(_places)] | None = Field(
        None,
        description="Buckets (labels) or beginnings of keys (annotations/reviews/) that become the dataset,"
        " comma-separated. Default: all.",
    )
    dataset_skips: Literal["include", "exclude"] = Field(
        "include", description="What becomes of annotations whose annotator skipped the task: include or exclude."
    )
    dataset_ground_truth: Literal["any", "only"] = Field(
        "any", description="only: just annotations marked as ground truth become the dataset."
    )

    merge_on_conflict: Literal["ours", "theirs", "both"] = Field(
        "ours",
        description="Whose version stands where an annotator and a data scientist changed the same:"
        " ours (the annotator's), theirs (the data scientist's), or both.",
    )

    @property
    def dataset_places(self) -> tuple[str, ...]:
        """Return the places of DATASET_INCLUDE."""
        return tuple(_split(self.dataset_include or ""))
