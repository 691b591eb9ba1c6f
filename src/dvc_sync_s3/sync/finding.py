"""What a bundle found in the objects it covers, and what is known of them from before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dvc_sync_s3.dataset.files import FileContent
from dvc_sync_s3.dataset.model import RecordId

ObjectName = tuple[str, str]
"""Bucket and key."""

AnnotationName = tuple[RecordId, int]
"""A record and the id of one of its annotations."""


class Becomes(StrEnum):
    """What objects become in the dataset, in the words of DVC_LAYOUT."""

    RECORDS = "records"
    MIRROR = "mirror"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one object says at one seq; a deleted object says nothing."""

    bucket: str
    key: str
    seq: int
    is_gone: bool
    skipped: str | None
    """Why the object can't be used, or a part of it."""
    record: RecordId | None
    task_digest: str | None
    digests: tuple[tuple[int, str], ...]
    """(annotation id, digest) of each annotation it holds."""
    file: FileContent | None = None
    """What it is in a dataset that mirrors the bucket."""
    stood: str | None = None
    """There, the md5 of the data scientists' version that a conflict left standing, empty if that was none."""

    gives_way: bool = False
    """Whether it may be older than what the branch holds: then it removes nothing, and a newer version stands."""

    @property
    def name(self) -> ObjectName:
        """Return the object's bucket and key."""
        return self.bucket, self.key

    @property
    def lets_go(self) -> bool:
        """Whether what the object held and doesn't say now is removed: not while a part of it can't be read."""
        return self.skipped is None and not self.gives_way

    @property
    def annotations(self) -> frozenset[AnnotationName]:
        """Return the annotations that the object holds."""
        if self.record is None:
            return frozenset()
        return frozenset((self.record, annotation) for annotation, _ in self.digests)


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What an object was in a mirror as last synced, None if it wasn't there, and which other version stood."""

    content: FileContent | None = None
    stood: str | None = None


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task as last synced: its digest, None if not to be trusted, and whether its record came through us."""

    digest: str | None
    is_added: bool
    seq: int = 0
    """Which change told it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """That an object holds an annotation, told by the change `seq`."""

    object: ObjectName
    annotation: AnnotationName
    seq: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of the objects of a bundle and of the annotations they hold or held."""

    held: Mapping[ObjectName, frozenset[AnnotationName]]
    """What each object of the bundle held before, and may have held in a push whose outcome is unknown."""
    holders: Mapping[AnnotationName, frozenset[ObjectName]]
    """Which objects hold those annotations, in the bundle or not."""
    digests: Mapping[AnnotationName, str | None]
    """The annotations' content as last synced; absent if never, None if not to be trusted."""
    tasks: Mapping[RecordId, KnownTask]
    told: Mapping[AnnotationName, int] = field(default_factory=dict)
    """Which change told the annotations' content."""
    theirs_stood: Mapping[AnnotationName, str] = field(default_factory=dict)
    """Digests of the data scientists' versions that conflicts left standing."""
    claims: Sequence[Claim] = ()
    """Which objects hold an annotation of one of those ids, of whichever task of the project."""
    overruled: frozenset[tuple[ObjectName, AnnotationName]] = frozenset()
    """What objects of the bundle hold and other objects told of another task, later than they did."""
    older: int = 0
    """Up to which seq a change gives way to what the branch holds."""
