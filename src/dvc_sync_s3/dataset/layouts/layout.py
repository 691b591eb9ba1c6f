"""What every layout can do, and what it is given: contents by md5, of which only those that it names are there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dvc_sync_s3.dataset.layouts.splicing import Piece
from dvc_sync_s3.dataset.model import RecordId


@dataclass(frozen=True, slots=True)
class Version:
    """What the `.dvc` file names: one file, or a folder's listing (its md5 ends in `.dir`, `nfiles` says how many)."""

    md5: str
    size: int | None = None
    nfiles: int | None = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a content follows from an older one: in order, ranges of that and new bytes."""

    base_md5: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """One object as DVC stores it: a file, a shard, a folder's listing; `size` in bytes."""

    md5: str
    size: int
    derivation: Derivation | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A new version, and the contents that are new with it, in the order in which they are to be uploaded.

    `within`: the version of the tracked folder that the dataset is a part of, None if it is tracked by itself.
    """

    version: Version
    fresh: tuple[Content, ...]
    within: Version | None = None

    @property
    def tracked(self) -> Version:
        """Return the version that the `.dvc` file names."""
        return self.within or self.version


class Objects(Protocol):
    """Contents as local files: DVC's cache, and the remote behind it. Raises Transient or Blocked, OSError."""

    def path(self, md5: str) -> Path:
        """Return a file that has this content, whole; it is fetched when it isn't here. It must not be changed."""
        ...

    def has(self, md5: str) -> bool:
        """Tell whether this content is here, whole, without asking the remote."""
        ...

    def bring(self, md5s: Iterable[str]) -> None:
        """Fetch those of several contents that aren't here, several at a time: faster than asking for each path."""
        ...

    def draft(self) -> Path:
        """Return where a new content may be written; nothing is there yet."""
        ...

    def adopt(self, draft: Path, md5: str) -> Path:
        """Take over a file written at `draft`, whose md5 this is, and return its new path."""
        ...


class Layout(Protocol):
    """Turn records into files and back. `version` is None where the branch has no dataset yet.

    Each method raises Blocked if the version can't be a dataset of this layout, and what `Objects` raises.
    """

    def read(self, version: Version | None, names: Collection[RecordId], objects: Objects) -> Mapping[RecordId, bytes]:
        """Return the lines of those of `names` that the version holds."""
        ...

    def write(self, version: Version | None, patch: Mapping[RecordId, bytes | None], objects: Objects) -> Written:
        """Return the version that follows when each of `patch` gets its line, or goes (None)."""
        ...

    def order(self, name: RecordId) -> tuple[int, int]:
        """Return what records are sorted by when they are given to `create`."""
        ...

    def create(self, lines: Iterable[tuple[RecordId | None, bytes]], objects: Objects) -> Written:
        """Return a version of all `lines`: the records in their order, each once, then those that are none."""
        ...

    def extras(self, version: Version | None, objects: Objects) -> Iterator[str]:
        """Yield the names of the version's files that hold no elements, and that no other layout has a place for."""
        ...

    def lines(self, version: Version | None, objects: Objects) -> Iterator[tuple[RecordId | None, bytes]]:
        """Yield every element's line, one at a time; None in place of a name for what is no record."""
        ...
