"""One sync cycle, from top to bottom: read this page second.

refresh → settle what earlier pushes did → take a bundle → plan → merge into the branch's dataset → write to the DVC
cache → push to the remote → verify → commit → push → confirm. An object that makes plan, merge or write fail is set
aside.

The order is the promise: the data is on the remote before Git names it, what a push would make true is written down
before the push, and nothing counts as synced until it is read back from the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from dvc_sync_s3 import __version__
from dvc_sync_s3.dataset.layouts import Written
from dvc_sync_s3.errors import Rejected, Transient
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Tip
from dvc_sync_s3.sync.attempt import Attempt
from dvc_sync_s3.sync.kind import Difference, Kind
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.reading import Bundle
from dvc_sync_s3.sync.set_aside import SetAside
from dvc_sync_s3.sync.settle import settle
from dvc_sync_s3.sync.tracked import Tracked


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
    made_from: str | None = None
    """The branch that ours is to be made from by the first commit; None if ours is there."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A commit before anything of it left this machine: `seq` is the position it carries."""

    seq: int
    written: Written
    message: str
    files: Mapping[str, bytes]
    """What it changes besides the dataset's `.dvc` file."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a bundle changes, and how far it reached; no draft if there is nothing to commit."""

    difference: Difference
    reached: int
    draft: Draft | None = None


Reporter = Callable[[Step], None]
"""Told of each step when it is done."""

Proposer = Callable[[str], None]
"""Asks for a side branch's tip to be merged, if it isn't asked for already."""


class Cycle:
    """Bring the branch up to date with the store. Only the process that holds the sync's lock runs it."""

    def __init__(
        self,
        kind: Kind,
        clone: Clone,
        dataset: Tracked,
        ledger: Ledger,
        report: Reporter,
        propose: Proposer = lambda _: None,
    ) -> None:
        self._kind = kind
        self._set_aside = SetAside(kind)
        self._clone = clone
        self._dataset = dataset
        self._ledger = ledger
        self._report = report
        self._propose = propose
        self._tip: Tip | None = None
        # A ledger that never pushed nor covered anything has a name of its own that no branch carries.
        self._position = None if ledger.synced_seq or ledger.attempts() else 0
        self._refused_at = ""

    def position(self) -> int | None:
        """Return up to where the branch held our changes when it was last read; None if that isn't known."""
        return self._position

    def run(self) -> Synced:
        """Sync one bundle. Raises Rejected to be run again at once, Transient for later, Blocked for a person."""
        synced = self._sync()
        if self._tip and self._tip.awaits_merge:
            self._propose(self._tip.commit)
        if synced.commit is None and self._tip is not None:
            return replace(synced, made_from=self._tip.made_from)
        return synced

    def _sync(self) -> Synced:
        tip = self._refresh()
        synced_seq = self._settle(tip)
        bundle = self._set_aside.again(self._kind.bundle(synced_seq), synced_seq, self._ledger, self._basis)
        if bundle is None:
            return Synced(synced_seq)
        if self._ledger.is_on_branch:
            self._ledger.require()
            self._dataset.require()
        basis = self._basis()
        prepared = self._set_aside.prepare(bundle, self._prepare)
        difference = prepared.difference
        difference.let_go()
        if prepared.draft is None:
            self._ledger.covered(difference.findings, prepared.reached, difference.theirs_stood)
            self._set_aside.tried(bundle, self._ledger, basis, basis)
            return Synced(prepared.reached)
        synced = self._publish(tip, prepared, prepared.draft)
        self._set_aside.tried(bundle, self._ledger, basis, _basis_of(prepared.draft.written.version.md5))
        return synced

    def _basis(self) -> str:
        return _basis_of(self._dataset.md5)

    def _refresh(self) -> Tip:
        self._tip = tip = self._clone.refresh()
        self._report(Step.REFRESHED)
        return tip

    def _settle(self, tip: Tip) -> int:
        self._position = synced_seq = settle(tip, self._clone, self._ledger)
        self._report(Step.SETTLED)
        return synced_seq

    def _prepare(self, bundle: Bundle) -> Prepared:
        """Do all that what objects say can make fail; nothing of it leaves this machine."""
        planned = self._kind.plan(bundle)
        self._report(Step.PLANNED)
        difference = planned.merge()
        self._report(Step.MERGED)
        if difference.is_empty:
            return Prepared(difference, bundle.seq)
        written = difference.write()
        self._report(Step.WRITTEN)
        seq = max(bundle.seq, self._ledger.position)  # less where objects are looked at again
        draft = Draft(seq, written, difference.message(seq), difference.files(written))
        return Prepared(difference, bundle.seq, draft)

    def _publish(self, tip: Tip, prepared: Prepared, draft: Draft) -> Synced:
        difference, written = prepared.difference, draft.written
        self._dataset.upload(written)
        self._report(Step.UPLOADED)
        self._dataset.verify(written)
        self._report(Step.VERIFIED)
        commit = self._clone.commit({**self._dataset.files(written), **draft.files}, draft.message)
        self._report(Step.COMMITTED)
        found = difference.findings, difference.added_records, difference.theirs_stood
        attempt = Attempt(commit, tip.commit, draft.seq, prepared.reached, *found)
        self._ledger.begin(attempt)
        self._report(Step.WRITTEN_DOWN)
        self._push(attempt)
        self._report(Step.PUSHED)
        synced_seq = self._settle(self._refresh())
        self._report(Step.CONFIRMED)
        self._dataset.confirmed(written)
        return Synced(synced_seq, commit, draft.message.partition("\n")[0])

    def _push(self, attempt: Attempt) -> None:
        try:
            self._clone.push(attempt.commit)
        except Rejected as error:
            # It didn't land: a commit with its seq that is found later is another service's, of a copy of our folder.
            self._ledger.forget(attempt)
            if self._refused_at == attempt.parent:
                raise Transient(
                    f"Git's server refused the push although nobody else pushed: {error}",
                    hint="If this goes on, ask who administers Git's server: its own words are in the message.",
                ) from error
            self._refused_at = attempt.parent
            raise


def _basis_of(md5: str | None) -> str:
    """Name what a failure with an object may come from besides it: this service and a version of the dataset."""
    return f"{__version__} {md5}"
