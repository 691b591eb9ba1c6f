"""What the store keeps and what it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

Headers = tuple[tuple[str, str], ...]


class Bucket(Struct, frozen=True, cache_hash=True):
    """A bucket, when it was made, and what is kept with it.

    Of buckets, objects and uploads alike: `owner` is an account, None for the main one; `acl` is an access control
    list, None for the one that lets nobody else in. The store keeps both and reads neither.
    """

    name: str
    created_at: datetime
    owner: str | None = None
    acl: str | None = None
    documents: tuple[tuple[str, bytes], ...] = ()
    """Names and contents; left out where all buckets are listed."""


@dataclass(frozen=True, slots=True)
class ObjectPart:
    """A part that an object was put together from; `size` in bytes, `checksums` as those of an object."""

    number: int
    size: int
    checksums: Headers = ()


class NewObject(Struct, frozen=True):
    """Everything of an object but its body, its seq and its time."""

    bucket: str
    key: str
    etag: str
    """Hexadecimal, without quotes."""
    content_type: str | None = None
    headers: Headers = ()
    """System metadata to be returned as it came, names in lower case: `cache-control`, `content-encoding`, …"""
    metadata: Headers = ()
    """User metadata, names without `x-amz-meta-`."""
    checksums: Headers = ()
    """(algorithm in AWS's capitals, base64 value)."""
    tags: Headers = ()
    checksum_type: str | None = None
    """`FULL_OBJECT` or `COMPOSITE`."""
    parts: tuple[ObjectPart, ...] = ()
    """In ascending order; empty unless the object was made by a multipart upload."""
    owner: str | None = None
    acl: str | None = None


class StoredObject(Struct, frozen=True, cache_hash=True):
    """An object as it is now; `seq` is the position of the change that wrote it."""

    bucket: str
    key: str
    seq: int
    size: int
    etag: str
    modified_at: datetime
    content_type: str | None
    headers: Headers
    metadata: Headers
    checksums: Headers
    tags: Headers = ()
    checksum_type: str | None = None
    parts: tuple[ObjectPart, ...] = ()
    """As of `NewObject`."""
    owner: str | None = None
    acl: str | None = None


Precondition = Callable[[StoredObject | None], None]
"""Looks at the current object inside the write's transaction and raises to refuse the write."""


@dataclass(frozen=True, slots=True)
class NewUpload:
    """A multipart upload to be: what the object will be given, and how its checksums will be computed."""

    bucket: str
    key: str
    content_type: str | None = None
    headers: Headers = ()
    metadata: Headers = ()
    tags: Headers = ()
    checksum_algorithm: str | None = None
    checksum_type: str | None = None
    owner: str | None = None
    acl: str | None = None
    initiator: str | None = None
    """Who began it: an account, None for the main one."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload, neither completed nor aborted; ids of one key sort by time and can't be guessed."""

    bucket: str
    key: str
    upload_id: str
    initiated_at: datetime
    content_type: str | None
    headers: Headers
    metadata: Headers
    tags: Headers
    checksum_algorithm: str | None
    checksum_type: str | None
    owner: str | None = None
    acl: str | None = None
    initiator: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of an upload as it is now; ETag and checksums as those of an object."""

    number: int
    size: int
    etag: str
    modified_at: datetime
    checksums: Headers


@dataclass(frozen=True, slots=True)
class UploadsRequest:
    """A page of a bucket's uploads, by key and id: as `ListRequest`, with the place in the list given by both.

    Without `after_upload_id` all uploads of the key `after` are excluded, with it those up to that id.
    """

    bucket: str
    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    after_upload_id: str = ""
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class UploadsPage:
    """Uploads and common prefixes in key order; the last entry's names if more follow.

    `next_after_upload_id` is None too if the last entry is a common prefix.
    """

    uploads: tuple[Upload, ...]
    common_prefixes: tuple[str, ...]
    next_after: str | None
    next_after_upload_id: str | None


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A page of a bucket's keys: those with `prefix`, after `after`, grouped at `delimiter`, at most `limit`.

    `after` excludes itself and, if it is a common prefix of an earlier page, everything below it.
    """

    bucket: str
    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    limit: int = 1000


class ListedObject(Struct, frozen=True):
    """What a listing says of an object."""

    key: str
    size: int
    etag: str
    modified_at: str
    """As S3 writes it: ISO 8601, UTC, milliseconds."""
    headers: Headers
    checksum_algorithms: tuple[str, ...]
    checksum_type: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class ListPage:
    """Objects and common prefixes in key order; `next_after` is the last entry's name if more follow, else None."""

    objects: tuple[ListedObject, ...]
    common_prefixes: tuple[str, ...]
    next_after: str | None


class ChangeKind(StrEnum):
    """Whether a change left an object behind."""

    PUT = "put"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """The last change of one key: one durable put or delete."""

    seq: int
    kind: ChangeKind
    bucket: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """The changes after a position: how many keys, the last seq, and when the first and the last were made."""

    count: int
    """No more than were asked for."""
    last_seq: int
    first_at: datetime | None
    last_at: datetime | None
