"""What the branch names is still on the remote, before the next version rests on it.

A sync sends what is new; the next version names the rest too. A teammate's `dvc gc --cloud` from an old clone removes
what that clone doesn't know, which is always the newest version's file or listing: one question finds that out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from dvc_sync_s3.dataset.layouts import Version, Written
from dvc_sync_s3.dvc.listing import Listing, NotAListing
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.sync.contents import Contents

_MOST_FILES_LOOKED_AT = 10_000
"""So many files in a folder of this machine's are looked at in 20 ms."""
_BELIEVED_S = 3600.0


class Extent(StrEnum):
    """How much of a version is asked for."""

    NEWEST = "newest"
    """Its file or listing alone."""
    ALL = "all"
    """Each file too that its listing names."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A version that was whole on a remote; `at`: when all of its files were asked for, in seconds of a clock."""

    remote: str
    md5: str
    at: float


def extent(version: Version, remote: Remote, seen: Seen | None, now: float) -> Extent:
    """Return how much of the branch's version to ask for: all, unless it is what we pushed and saw whole of late."""
    if not version.md5.endswith(".dir"):
        return Extent.NEWEST
    if remote.folder is not None and version.nfiles is not None and version.nfiles <= _MOST_FILES_LOOKED_AT:
        return Extent.ALL
    is_ours = seen is not None and (seen.remote, seen.md5) == (remote.address, version.md5)
    return Extent.NEWEST if seen is not None and is_ours and now - seen.at < _BELIEVED_S else Extent.ALL


class Presence:
    """Asks the remote for what the branch names, and sends again what is missing there and in the cache."""

    def __init__(self, contents: Contents, now: Callable[[], float] = time.monotonic) -> None:
        self._contents = contents
        self._now = now
        self._seen: Seen | None = None
        self._all_at = now()
        """When a remote was asked for all files of a version; a first version is all sent and verified."""

    def require(self, remote: Remote, version: Version | None, written: Written) -> None:
        """Make sure that the remote has what `written` takes over from `version`, the branch's.

        Raises Transient, or Blocked if something is missing that the next version names and nobody here has.
        """
        if version is None:
            return
        missing = self._missing(remote, version)
        lost = {md5 for md5 in missing if not self._contents.has(md5)}
        taken_over = dict(self._named(written.tracked.md5)) if lost else {}
        for md5 in sorted(lost & taken_over.keys()):
            raise _lost(taken_over[md5], md5, version.md5, remote.name)
        if lost:  # of older commits only; on the remote, their listing would claim that its files are there too
            missing.discard(version.md5)
        self._send_again(remote, missing - lost)

    def verified(self, remote: Remote, written: Written) -> None:
        """Note that the new version is whole on the remote: what is new of it was verified, the rest asked for."""
        self._seen = Seen(remote.address, written.tracked.md5, self._all_at)

    def _missing(self, remote: Remote, version: Version) -> set[str]:
        now = self._now()
        if extent(version, remote, self._seen, now) is Extent.NEWEST:
            missing = remote.missing([version.md5])
            if not missing or not version.md5.endswith(".dir"):
                return missing
        self._all_at = now
        return remote.missing([version.md5, *dict(self._named(version.md5))])

    def _named(self, md5: str) -> Iterator[tuple[str, str]]:
        """Yield the md5 and the path of each file that a version's listing names."""
        if not md5.endswith(".dir"):
            return
        try:
            listing = Listing.parse(self._contents.path(md5).read_bytes())
        except NotAListing:
            return  # who reads it says so
        yield from ((entry.md5, entry.relpath) for entry in listing)

    def _send_again(self, remote: Remote, md5s: set[str]) -> None:
        listings = {md5 for md5 in md5s if md5.endswith(".dir")}
        for together in (md5s - listings, listings):
            remote.push_all((md5, self._contents.path(md5)) for md5 in sorted(together))


def _lost(relpath: str, md5: str, version: str, remote: str) -> Blocked:
    return Blocked(
        f"{relpath} ({md5}) of the version {version}, which the branch names, is not on the remote {remote} any more",
        hint="Did someone run `dvc gc`? Run `dvc push` in a clone that still has that version; or restore an older one "
        "of the dataset, commit and push.",
    )
