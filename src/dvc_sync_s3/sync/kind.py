"""What the dataset is made of, annotations or files: all of a cycle that depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from dvc_sync_s3.dataset.files import FileContent
from dvc_sync_s3.dataset.layouts import Written
from dvc_sync_s3.dataset.model import Labelled, RecordId
from dvc_sync_s3.sync.attempt import TheirsStood
from dvc_sync_s3.sync.finding import Finding, ObjectName
from dvc_sync_s3.sync.plan import Reading
from dvc_sync_s3.sync.reading import Bundle


class Difference(Protocol):
    """What a bundle changes of the dataset as the branch has it."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What becomes true of the ledger when the branch holds the bundle."""
        ...

    @property
    def added_records(self) -> frozenset[RecordId]:
        """Which records were not in the dataset before."""
        ...

    @property
    def theirs_stood(self) -> tuple[TheirsStood, ...]:
        """Which versions of the data scientists' were left standing."""
        ...

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to commit."""
        ...

    def write(self) -> Written:
        """Put the new version into the cache."""
        ...

    def let_go(self) -> None:
        """Remove cached contents that take no part in what was written, if anything was."""
        ...

    def message(self, seq: int) -> str:
        """Return the message of the commit that covers the changes up to `seq`."""
        ...

    def files(self, written: Written) -> Mapping[str, bytes]:
        """Return what the commit changes besides the dataset's `.dvc` file."""
        ...


class Planned(Protocol):
    """What a bundle asks, before anyone looked at what the branch has."""

    def merge(self) -> Difference:
        """Merge it with the dataset as the branch has it; raises Transient or Blocked."""
        ...


class Kind(Protocol):
    """Annotations or files: how objects are read and what becomes of them."""

    def bundle(self, after: int) -> Bundle | None:
        """Return what changed after a position, None if nothing did."""
        ...

    def again(self, names: Iterable[ObjectName], up_to: int) -> Sequence[Reading]:
        """Read objects once more that were set aside, but those that changed after `up_to`."""
        ...

    def plan(self, bundle: Bundle) -> Planned:
        """Return what a bundle asks of the dataset."""
        ...

    def plain(self) -> Labelled | FileContent:
        """Return what an object may say that nothing is wrong with: it is tried, and never synced."""
        ...

    def places(self, reading: Reading) -> Sequence[str]:
        """Return where in the dataset a reading may change something, in words for a person."""
        ...
