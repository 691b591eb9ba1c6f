"""Labels and how often each was chosen, bounded: text of tasks that annotators choose stays out of Git."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from dvc_sync_s3.dataset.labels import LONGEST_LABEL

MOST_LABELS = 100


@dataclass(frozen=True, slots=True)
class LabelNumbers:
    """How often labels were chosen: at most 100 of at most 60 characters one by one, all others as one sum.

    A label is either listed or in the sum, with all that was ever counted of it. So sums stay right although what they
    are made of is not known.
    """

    listed: Mapping[str, int] = field(default_factory=dict)
    others: int = 0

    @property
    def are_possible(self) -> bool:
        """Whether they are within the bounds and none is negative, as wrong numbers become one day."""
        fit = len(self.listed) <= MOST_LABELS and all(len(label) <= LONGEST_LABEL for label in self.listed)
        return fit and min(self.others, *self.listed.values(), 0) >= 0

    def plus(self, change: Mapping[str, int], preferred: Collection[str] = ()) -> LabelNumbers:
        """Return the numbers after `change`, with `preferred` listed before others where not all have room.

        While the sum of the others isn't 0, a label that isn't listed may be in it already, and stays there.

        >>> LabelNumbers({"cat": 2}).plus({"cat": -1, "dog": 3, "x" * 61: 1})
        LabelNumbers(listed={'cat': 1, 'dog': 3}, others=1)
        >>> LabelNumbers({"cat": 1}, others=1).plus({"dog": 3})
        LabelNumbers(listed={'cat': 1}, others=4)
        """
        listed = {label: many + change.get(label, 0) for label, many in self.listed.items()}
        unlisted = {label: many for label, many in change.items() if label not in listed}
        if not self.others:
            short = (label for label in unlisted if len(label) <= LONGEST_LABEL)
            ordered = sorted(short, key=lambda label: (label not in preferred, -unlisted[label], label))
            listed |= {label: unlisted.pop(label) for label in ordered[: MOST_LABELS - len(listed)]}
        others = self.others + sum(unlisted.values())
        return LabelNumbers({label: many for label, many in sorted(listed.items()) if many}, others)
