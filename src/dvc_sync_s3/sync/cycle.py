"""One sync cycle, from top to bottom: read this page second.

refresh → settle what earlier pushes did → take a bundle → plan → merge into the branch's dataset → write →
add to the DVC cache → push to the remote → verify → commit → push → confirm.

The order is the promise: the data is on the remote before Git names it, what a push would make true is written down
before the push, and nothing counts as synced until it is read back from the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dvc_sync_s3.dataset.merge import Merged, homes, merge
from dvc_sync_s3.dataset.model import Edit, OnConflict, RecordId
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Tip
from dvc_sync_s3.sync.attempt import Attempt, theirs_stood
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.message import compose
from dvc_sync_s3.sync.metrics import MetricsFile
from dvc_sync_s3.sync.people import CoAuthors, people
from dvc_sync_s3.sync.plan import Reading, find, plan
from dvc_sync_s3.sync.reading import Bundle, Changes
from dvc_sync_s3.sync.settle import settle
from dvc_sync_s3.sync.tracked import TrackedDataset


class Step(StrEnum):
    """The steps of a cycle, in their order."""

    REFRESHED = "refreshed"
    SETTLED = "settled"
    PLANNED = "planned"
    MERGED = "merged"
    WRITTEN = "written"
    UPLOADED = "uploaded"
    VERIFIED = "verified"
    COMMITTED = "committed"
    WRITTEN_DOWN = "written down"
    PUSHED = "pushed"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Synced:
    """Where a cycle left off: up to which seq the branch holds our changes, and the commit it made, if any."""

    seq: int
    commit: str | None = None
    subject: str | None = None


Reporter = Callable[[Step], None]
"""Told of each step when it is done."""

Proposer = Callable[[str], None]
"""Asks for a side branch's tip to be merged, if it isn't asked for already."""


class Cycle:
    """Bring the branch up to date with the store. Only the process that holds the sync's lock runs it."""

    def __init__(
        self,
        changes: Changes,
        clone: Clone,
        dataset: TrackedDataset,
        ledger: Ledger,
        report: Reporter,
        co_authors: CoAuthors = CoAuthors.ON,
        propose: Proposer = lambda _: None,
        on_conflict: OnConflict = OnConflict.OURS,
        metrics: MetricsFile | None = None,
    ) -> None:
        self._changes = changes
        self._clone = clone
        self._dataset = dataset
        self._ledger = ledger
        self._report = report
        self._co_authors = co_authors
        self._propose = propose
        self._metrics = metrics
        self._tip: Tip | None = None
        self._on_conflict = on_conflict

    def run(self) -> Synced:
        """Sync one bundle. Raises Rejected to be run again at once, Transient for later, Blocked for a person."""
        synced = self._sync()
        if self._tip and self._tip.awaits_merge:
            self._propose(self._tip.commit)
        return synced

    def _sync(self) -> Synced:
        tip = self._refresh()
        synced_seq = self._settle(tip)
        bundle = self._changes.bundle(synced_seq)
        if bundle is None:
            return Synced(synced_seq)
        if self._ledger.position:
            self._dataset.require()
        edits = self._plan(bundle.readings)
        records = self._dataset.read(homes(edits))
        merged = merge(records, edits, self._on_conflict)
        self._report(Step.MERGED)
        if not merged.patch:
            findings = [find(reading) for reading in bundle.readings]
            self._ledger.covered(findings, bundle.seq, theirs_stood(merged.conflicts))
            return Synced(bundle.seq)
        return self._publish(tip, merged, bundle, records)

    def _refresh(self) -> Tip:
        self._tip = tip = self._clone.refresh()
        self._report(Step.REFRESHED)
        return tip

    def _settle(self, tip: Tip) -> int:
        synced_seq = settle(tip, self._clone, self._ledger)
        self._report(Step.SETTLED)
        return synced_seq

    def _plan(self, readings: Sequence[Reading]) -> tuple[Edit, ...]:
        edits = plan(readings, self._ledger.known([find(reading) for reading in readings]))
        self._report(Step.PLANNED)
        return edits

    def _publish(self, tip: Tip, merged: Merged, bundle: Bundle, records: Mapping[RecordId, bytes]) -> Synced:
        written = self._dataset.write(merged.patch)
        self._report(Step.WRITTEN)
        self._dataset.upload(written)
        self._report(Step.UPLOADED)
        self._dataset.verify(written)
        self._report(Step.VERIFIED)
        seq = max(bundle.seq, self._ledger.position)  # less where objects are looked at again
        named = people(merged.touched, self._co_authors, self._clone.proper)
        message = compose(merged.touched, merged.conflicts, named, self._ledger.instance, seq)
        files = self._dataset.files(written)
        if self._metrics is not None:
            files |= self._metrics.files(records, merged, written.version.md5)
        commit = self._clone.commit(files, message)
        self._report(Step.COMMITTED)
        findings, stood = tuple(find(reading) for reading in bundle.readings), theirs_stood(merged.conflicts)
        attempt = Attempt(commit, tip.commit, seq, bundle.seq, findings, merged.added_records, stood)
        self._ledger.begin(attempt)
        self._report(Step.WRITTEN_DOWN)
        self._clone.push(commit)
        self._report(Step.PUSHED)
        synced_seq = self._settle(self._refresh())
        self._report(Step.CONFIRMED)
        return Synced(synced_seq, commit, message.partition("\n")[0])
