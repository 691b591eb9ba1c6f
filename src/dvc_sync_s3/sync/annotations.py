"""A dataset of annotations: each object is one, or a task with several, and they are merged by record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dvc_sync_s3.dataset.annotation import read_object
from dvc_sync_s3.dataset.layouts import Written
from dvc_sync_s3.dataset.merge import Merged, homes, merge
from dvc_sync_s3.dataset.model import Edit, Labelled, OnConflict, RecordId
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.sync.attempt import TheirsStood, theirs_stood
from dvc_sync_s3.sync.finding import Finding, ObjectName
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.message import compose, place
from dvc_sync_s3.sync.metrics import MetricsFile
from dvc_sync_s3.sync.people import CoAuthors, people
from dvc_sync_s3.sync.plan import Reading, find, plan
from dvc_sync_s3.sync.reading import Bundle, Changes
from dvc_sync_s3.sync.tracked_dataset import TrackedDataset

_PLAIN = (
    b'{"id":0,"completed_by":{"id":0,"first_name":"a","last_name":"b","email":"a@example.com"},'
    b'"result":[{"type":"choices","value":{"choices":["a"]}}],"task":{"id":0,"data":{"text":"a"}}}'
)


@dataclass(frozen=True)
class Annotations:
    """The kind, with the rules and the parts that it needs."""

    changes: Changes
    clone: Clone
    dataset: TrackedDataset
    ledger: Ledger
    co_authors: CoAuthors = CoAuthors.ON
    on_conflict: OnConflict = OnConflict.OURS
    metrics: MetricsFile | None = None

    def bundle(self, after: int) -> Bundle | None:
        """Return what changed after a position, None if nothing did."""
        return self.changes.bundle(after)

    def again(self, names: Iterable[ObjectName], up_to: int) -> Sequence[Reading]:
        """Read objects once more that were set aside, but those that changed after `up_to`."""
        return self.changes.again(names, up_to)

    def plan(self, bundle: Bundle) -> PlannedAnnotations:
        """Return what a bundle asks of the dataset."""
        findings = tuple(find(reading, self.ledger.older) for reading in bundle.readings)
        return PlannedAnnotations(self, findings, plan(bundle.readings, self.ledger.known(findings)))

    def plain(self) -> Labelled:
        """Return an annotation that nothing is wrong with, of a task that no project has."""
        content = read_object("0", _PLAIN)
        assert isinstance(content, Labelled)
        return content

    def places(self, reading: Reading) -> Sequence[str]:
        """Return which records a reading may change."""
        edits = plan((reading,), self.ledger.known((find(reading),)))
        return [place(record) for record in sorted({edit.record for edit in edits})]


@dataclass(frozen=True)
class PlannedAnnotations:
    """A bundle's edits of annotations."""

    kind: Annotations
    findings: tuple[Finding, ...]
    edits: tuple[Edit, ...]

    def merge(self) -> AnnotationsDifference:
        """Merge the edits into the records that they touch."""
        records = self.kind.dataset.read(homes(self.edits))
        return AnnotationsDifference(
            self.kind, self.findings, records, merge(records, self.edits, self.kind.on_conflict)
        )


@dataclass(frozen=True)
class AnnotationsDifference:
    """What changes of which records, as the branch has them."""

    kind: Annotations
    findings: tuple[Finding, ...]
    records: Mapping[RecordId, bytes]
    merged: Merged

    @property
    def added_records(self) -> frozenset[RecordId]:
        """Return which records were not in the dataset before."""
        return self.merged.added_records

    @cached_property
    def theirs_stood(self) -> tuple[TheirsStood, ...]:
        """Return which versions of the data scientists' were left standing."""
        return theirs_stood(self.merged.conflicts)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to commit."""
        return not self.merged.patch

    def write(self) -> Written:
        """Put the new version into the cache."""
        return self.kind.dataset.write(self.merged.patch)

    def let_go(self) -> None:
        """Remove cached contents that take no part in what was written, if anything was."""
        if not self.is_empty:
            self.kind.dataset.contents.let_go()

    def message(self, seq: int) -> str:
        """Return the message of the commit that covers the changes up to `seq`."""
        merged, kind = self.merged, self.kind
        named = people(merged.touched, kind.co_authors, kind.clone.proper)
        prefix_characters = kind.clone.prefix_characters
        return compose(merged.touched, merged.conflicts, named, kind.ledger.instance, seq, prefix_characters)

    def files(self, written: Written) -> Mapping[str, bytes]:
        """Return the metrics that the commit carries, if any."""
        if self.kind.metrics is None:
            return {}
        return self.kind.metrics.files(self.records, self.merged, written.version.md5)
