"""What the dataset holds in numbers, as a metrics file of DVC: `dvc metrics diff HEAD~1` tells what a commit did.

https://dvc.org/doc/command-reference/metrics; the file is Git's, beside the dataset. It costs what the change costs:
the numbers that the branch has are those of one version, and only another version is counted anew.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from dvc_sync_s3.dataset.counts import Counts, count, difference
from dvc_sync_s3.dataset.label_numbers import LabelNumbers
from dvc_sync_s3.dataset.merge import Merged
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dvc.dvc_yaml import with_metrics
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.sync.people import CoAuthors, names
from dvc_sync_s3.sync.tracked_dataset import TrackedDataset


@dataclass(frozen=True, slots=True)
class Numbers:
    """The metrics of one version (its md5; None: of no dataset): names to numbers."""

    version: str | None
    tasks: int
    annotations: int
    labels: LabelNumbers
    annotators: Mapping[str, int]

    @property
    def is_possible(self) -> bool:
        """Whether no number is negative, as one is when the numbers it was reckoned from were wrong."""
        return self.labels.are_possible and min(self.tasks, self.annotations, *self.annotators.values()) >= 0


class MetricsFile:
    """The metrics of the dataset at `path`, on the branch as last refreshed."""

    def __init__(self, path: str, clone: Clone, dataset: TrackedDataset, co_authors: CoAuthors) -> None:
        self._path = PurePosixPath(path)
        self._clone = clone
        self._dataset = dataset
        self._co_authors = co_authors
        self._left_alone: bytes | None = None
        """The `dvc.yaml` in which there was nothing to do."""

    def files(self, records: Mapping[RecordId, bytes], merged: Merged, md5: str) -> dict[str, bytes]:
        """Return the files of the commit that makes `md5` of the branch's version by `merged`.

        `records` are those that the patch may touch, as the branch has them. Raises Blocked if the team has something
        where the metrics belong.
        """
        self._require_place()
        before = count(line for name, line in records.items() if name in merged.patch)
        after = count(line for line in merged.patch.values() if line is not None)
        written = self._written()
        last = written if written and written.version == self._dataset.md5 else None
        numbers = last and self._sum(last, difference(after, before), md5)
        if numbers is None or not numbers.is_possible:
            everything = count(line for _, line in self._dataset.lines())
            listed = written.labels.listed if written else ()  # the same ones again, so that a diff means something
            numbers = self._sum(_nothing(self._dataset.md5), everything, md5, listed)
            numbers = self._sum(numbers, difference(after, before), md5)
        found = {self._metrics: _render(numbers)}
        registered = self._registered()
        return found if registered is None else {**found, self._dvc_yaml: registered}

    def _require_place(self) -> None:
        """Raise Blocked if something of the team's is where the metrics belong: it would be lost."""
        path = self._metrics
        obstacle = self._dataset.surroundings.obstacle(path)
        what, remedy = (obstacle.what, obstacle.remedy) if obstacle else ("", f"Rename {path} in the repository.")
        if obstacle is None and not _is_ours(self._clone.read(path)):
            what = f"the team has a file of its own at {path}, where the dataset's metrics belong"
        if what:
            raise Blocked(what, hint=f"{remedy.removesuffix('.')}; or set DVC_METRICS=false.")

    def _registered(self) -> bytes | None:
        """Return the `dvc.yaml` that names the metrics file, None if the branch's is to stay as it is."""
        around, path = self._dataset.surroundings, self._dvc_yaml
        if around.obstacle(path) is not None:
            return None
        before = self._clone.read(path)
        if before is not None and before == self._left_alone:
            return None
        registered = with_metrics(before, PurePosixPath(self._metrics).name)
        if before is None and around.ignored(path) is not None:
            registered = None  # DVC wouldn't look at it
        self._left_alone = before if registered is None else registered
        return registered

    def _written(self) -> Numbers | None:
        """Return the numbers that the branch has, of whichever version; None if it has none that can be read."""
        if self._dataset.md5 is None:
            return _nothing(None)
        content = self._clone.read(self._metrics)
        return None if content is None else _parse(content)

    def _sum(self, numbers: Numbers, change: Counts, md5: str, listed: Collection[str] = ()) -> Numbers:
        named = Counter[str]()
        known = names(change.annotators, self._co_authors, self._clone.proper)
        for who, many in change.annotators.items():
            named[known[who]] += many
        return Numbers(
            md5,
            numbers.tasks + change.tasks,
            numbers.annotations + change.annotations,
            numbers.labels.plus(change.labels, listed),
            _added(numbers.annotators, named),
        )

    @property
    def _metrics(self) -> str:
        return str(self._dataset.metrics_folder / metrics_name(self._path.name))

    @property
    def _dvc_yaml(self) -> str:
        return str(self._dataset.metrics_folder / "dvc.yaml")


def metrics_name(dataset: str) -> str:
    """Return the name of the metrics of a dataset of this name.

    >>> metrics_name("data.json"), metrics_name("annotations")
    ('data.metrics.json', 'annotations.metrics.json')
    """
    return f"{PurePosixPath(dataset).stem}.metrics.json"


def _is_ours(content: bytes | None) -> bool:
    """Tell whether a metrics file is ours, if perhaps merged badly, or holds nothing.

    >>> _is_ours(b'{"accuracy": 0.9}'), _is_ours(b"[]")
    (False, True)
    """
    if content is None or content.strip() in {b"", b"[]", b"{}"}:
        return True
    return all(f'"{name}"'.encode() in content for name in ("tasks", "annotations", "labels", "annotators", "of"))


def _nothing(md5: str | None) -> Numbers:
    return Numbers(md5, 0, 0, LabelNumbers(), {})


def _added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    total = {name: first.get(name, 0) + second.get(name, 0) for name in {*first, *second}}
    return {name: many for name, many in sorted(total.items()) if many}


def _render(numbers: Numbers) -> bytes:
    document = {
        "tasks": numbers.tasks,
        "annotations": numbers.annotations,
        "labels": numbers.labels.listed,
        **({"other_labels": numbers.labels.others} if numbers.labels.others else {}),
        "annotators": numbers.annotators,
        # DVC shows numbers and texts; a list it leaves alone.
        "of": [f"md5 {numbers.version}"],
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def _parse(content: bytes) -> Numbers | None:
    """Return the numbers of a metrics file, None if someone else wrote it or merged it badly."""
    try:
        document = json.loads(content)
        (of,) = document["of"]
        labels = LabelNumbers(_numbers(document["labels"]), int(document.get("other_labels", 0)))
        totals = int(document["tasks"]), int(document["annotations"])
        return Numbers(of.removeprefix("md5 "), *totals, labels, _numbers(document["annotators"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _numbers(group: Mapping[str, int]) -> dict[str, int]:
    return {str(name): int(many) for name, many in group.items()}
