"""The layout of a live dataset changed, in one commit that carries our position: the service goes on from there."""

from __future__ import annotations

from dataclasses import dataclass

from dvc_sync_s3.dataset.layouts import Layout, Written
from dvc_sync_s3.errors import Rejected, Transient
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.trailers import format_trailers
from dvc_sync_s3.sync.attempt import Attempt
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.settle import settle
from dvc_sync_s3.sync.tracked_dataset import TrackedDataset

_MOST_REJECTIONS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A dataset's path in the repository, and the layout it has there."""

    path: str
    layout: Layout


class Conversion:
    """Track the dataset `old` as `new`. Only the process that holds the sync's lock runs it."""

    def __init__(self, clone: Clone, dataset: TrackedDataset, old: str, new: Place, ledger: Ledger) -> None:
        self._clone = clone
        self._dataset = dataset
        self._old = old
        self._new = new
        self._ledger = ledger

    def run(self) -> str:
        """Return the commit that made the change; raises Transient or Blocked, leaving the branch as it was."""
        last = ""
        for _ in range(_MOST_REJECTIONS):
            try:
                return self._publish()
            except Rejected as error:  # someone pushed first, and may have changed the dataset
                last = str(error)
        raise Transient(
            f"the push was rejected {_MOST_REJECTIONS} times; the last answer was: {last}",
            hint="Run the command again when nobody pushes; if that doesn't help, ask who administers Git's server.",
        )

    def _publish(self) -> str:
        tip = self._clone.refresh()
        settle(tip, self._clone, self._ledger)
        self._dataset.require()
        written = self._dataset.convert(self._new.layout)
        files = self._dataset.moved_files(self._new.path, written)
        self._dataset.upload(written)
        self._dataset.verify(written)
        seq = self._ledger.position
        commit = self._clone.commit(files, _message(self._old, self._new.path, written, self._ledger.instance, seq))
        self._ledger.begin(Attempt(commit, tip.commit, seq, seq, (), frozenset()))
        self._clone.push(commit)
        settle(self._clone.refresh(), self._clone, self._ledger)
        self._dataset.let_go()
        return commit


def _message(old: str, new: str, written: Written, instance: str, seq: int) -> str:
    nfiles = written.version.nfiles
    size = "one file" if nfiles is None else f"a folder of {nfiles} files"
    body = f"The same records in another layout, {size}."
    return "\n\n".join((f"dataset: {old} becomes {new}", body, format_trailers(instance, seq)))
