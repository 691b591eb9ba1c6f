"""What became of earlier pushes, read from the server's branch and not from memory."""

from __future__ import annotations

from typing import Protocol

import structlog

from dvc_sync_s3.git.model import Tip
from dvc_sync_s3.sync.ledger import Ledger

log = structlog.get_logger("sync")


class Branch(Protocol):
    """The branch as last refreshed."""

    def position(self, instance: str) -> int | None:
        """Return the highest seq that the branch's commits carry for `instance`."""
        ...

    def contains(self, commit: str) -> bool:
        """Tell whether the branch contains `commit`."""
        ...


def settle(tip: Tip, branch: Branch, ledger: Ledger) -> int:
    """Bring the ledger in line with the branch and return up to which seq the branch holds our changes.

    A push whose answer never came has landed if the branch contains its commit, or carries its position after
    someone rewrote the commit. It can still land while the branch's tip is the one it was made on; after that it can't.

    A branch behind the ledger was set back by someone: what it lost is synced again. A branch *ahead* of the ledger
    means that the data folder was set back, as when an old backup is restored, and an index behind the ledger that the
    index was: seqs would begin to repeat, so it goes on under a new name.
    """
    position = branch.position(ledger.instance) or 0
    for attempt in ledger.attempts():
        if branch.contains(attempt.commit) or ledger.position < attempt.seq == position:
            ledger.landed(attempt)
            break
        if attempt.parent != tip.commit:
            ledger.forget(attempt)
    former = ledger.former
    is_former_lost = former is not None and (branch.position(former[0]) or 0) < former[1]
    if position < ledger.position or is_former_lost:
        ledger.rewind(position)
    if position > ledger.position:
        log.warning("the branch is ahead of this service: its data folder is older, or a copy", position=position)
        ledger.begin_anew(position)
    elif (shared := ledger.in_common().seq) < ledger.end:
        log.warning("the index was set back, or is another one", shared_seq=shared, known_seq=ledger.end)
        ledger.begin_anew(position)
    return ledger.synced_seq
