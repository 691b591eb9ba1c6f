"""How many tasks, annotations and labels there are, and whose: counted line by line, so that a change costs itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dvc_sync_s3.dataset.canonical import TooDeep
from dvc_sync_s3.dataset.labels import annotator, labels
from dvc_sync_s3.dataset.model import Annotator, Fields
from dvc_sync_s3.dataset.record import parse_line
from dvc_sync_s3.errors import Blocked


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of a dataset or of a change to one; those of a change may be negative."""

    tasks: int = 0
    annotations: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    """In how many annotations each label was chosen."""
    annotators: Mapping[Annotator, int] = field(default_factory=dict)


def count(lines: Iterable[bytes]) -> Counts:
    """Count the records in `lines`; a line is none if it is no JSON object, too deep, or its annotations are no list.

    >>> count([b'{"id":7,"data":{},"annotations":[{"id":1,"result":[]}]}'])
    Counts(tasks=1, annotations=1, labels={}, annotators={})
    """
    tasks = annotations = 0
    by_label, by_annotator = Counter[str](), Counter[Annotator]()
    for line in lines:
        try:
            record = parse_line(line)
        except (Blocked, TooDeep):
            continue
        loose = (each for each in record.loose if isinstance(each, dict))
        found: list[Fields] = [*record.annotations.values(), *loose]
        tasks += 1
        annotations += len(found)
        for each in found:
            by_label.update(labels(each))
            by_annotator.update(who for who in [annotator(each)] if who)
    return Counts(tasks, annotations, dict(by_label), dict(by_annotator))


def difference(after: Counts, before: Counts) -> Counts:
    """Return what changed from `before` to `after`."""
    by_label, by_annotator = Counter(after.labels), Counter(after.annotators)
    by_label.subtract(before.labels)
    by_annotator.subtract(before.annotators)
    tasks, annotations = after.tasks - before.tasks, after.annotations - before.annotations
    return Counts(tasks, annotations, dict(by_label), dict(by_annotator))
