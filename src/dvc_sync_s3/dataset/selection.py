"""Which annotations become the dataset: all of them, or those of some places, kinds or qualities.

What isn't selected counts as if it weren't in its bucket: it is left out, and leaves the dataset if it was in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum

from dvc_sync_s3.dataset.model import Annotation, Labelled


class Skips(StrEnum):
    """What becomes of annotations whose annotator skipped the task (`was_cancelled`)."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class GroundTruth(StrEnum):
    """Whether annotations must be marked as ground truth."""

    ANY = "any"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Selection:
    """The rule; as it comes, everything is selected."""

    places: tuple[str, ...] = ()
    """Buckets, or beginnings of keys as `bucket/prefix`; none means everywhere."""
    skips: Skips = Skips.INCLUDE
    ground_truth: GroundTruth = GroundTruth.ANY

    @property
    def name(self) -> str:
        """Return a text that two selections share if they select the same.

        >>> Selection(("b", "a/x/")).name == Selection(("a/x/", "b")).name
        True
        """
        return json.dumps([sorted(set(self.places)), self.skips, self.ground_truth])

    def looks_at(self, bucket: str, key: str) -> bool:
        """Tell whether the object at `key` is looked at.

        >>> Selection(("a/x/", "b")).looks_at("a", "x/1"), Selection(("a/x/", "b")).looks_at("bb", "1")
        (True, False)
        """
        name = f"{bucket}/{key}"
        places = (place if "/" in place else f"{place}/" for place in self.places)
        return not self.places or any(name.startswith(place) for place in places)

    def of(self, content: Labelled) -> Labelled:
        """Return `content` with only the annotations that are selected, possibly none."""
        taken = tuple(filter(self._takes, content.annotations))
        left_out = {each.id for each in content.annotations} - {each.id for each in taken}
        return replace(content, annotations=taken, left_out=frozenset(left_out))

    def _takes(self, annotation: Annotation) -> bool:
        if self.skips is Skips.EXCLUDE and annotation.fields.get("was_cancelled") is True:
            return False
        return self.ground_truth is GroundTruth.ANY or annotation.fields.get("ground_truth") is True


EVERYTHING = Selection()
