"""The SQLite index: connections to it and rows in it."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

import orjson
from msgspec import Struct
from msgspec.structs import replace

from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.failures import explained
from dvc_sync_s3.store.errors import IndexReplaced
from dvc_sync_s3.store.model import Headers, ObjectPart, StoredObject

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION = 1
GENERATION_NAME = "generation"
"""The file beside the index that every start of the service makes after it."""
BUSY_TIMEOUT_S = 30.0
OBJECT_COLUMNS = (
    "bucket, key, seq, size, etag, modified_at, content_type, headers, metadata, checksums, tags, checksum_type, "
    "owner, acl"
)
ENTRY_COLUMNS = f"{OBJECT_COLUMNS}, place, staged, parts"
LAST_SEQ = """
SELECT max(ifnull((SELECT max(seq) FROM objects), 0), ifnull((SELECT max(seq) FROM deletions), 0))"""
"""The highest seq given out, 0 if none: no row goes but for one with a higher seq."""
CURRENT = f"SELECT {ENTRY_COLUMNS} FROM objects WHERE bucket = ? AND key = ?"  # noqa: S608

LOG_BYTES = 64 << 20
"""How long the write-ahead log stays when it begins anew under load; a write appends only to a shorter one."""
LOG_AT_REST_BYTES = 16 << 20
"""How long it stays when nothing is written any more."""
FRAME_BYTES = 24 + 4096
"""What a page takes in the log (https://www.sqlite.org/fileformat2.html#the_write_ahead_log)."""
_PREPARED = 400
"""Statements that a connection keeps: puts of a group share one for each number of them (see puts.py)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NONE = "[]"
_decode = json.JSONDecoder().raw_decode
_encode = json.JSONEncoder(separators=(",", ":")).encode

Row = tuple[Any, ...]


class Place(StrEnum):
    """Where a body is."""

    BODY = "body"
    """In the index, table `packs`."""
    STAGED = "staged"
    """A file in `staging/`, named in the row."""
    TREE = "tree"
    """The plain file `<bucket>/<key>`."""
    ODD = "odd"
    """A file in `odd/`: no path can hold the key."""


class Entry(Struct, frozen=True):
    """An object and where its body is; `staged` is the file's name while it is in staging."""

    object: StoredObject
    place: Place
    staged: str | None


class IndexConnection(sqlite3.Connection):
    """A connection that knows which file it opened, whatever lies under that name later."""

    path: Path
    file: tuple[int, int]

    def require_named(self) -> None:
        """Raise IndexReplaced if the file was removed or replaced: nobody would find again what is written to it."""
        if _file_at(self.path) != self.file:
            raise IndexReplaced(self.path)


def connect(index: Path) -> IndexConnection:
    """Open the existing `index` for one thread at a time; raises Transient if there is none yet."""
    try:
        return _open(index, "rw")
    except sqlite3.OperationalError as error:
        if index.exists():
            raise
        raise Transient(
            f"there is no index of objects at {index} yet",
            hint="the server makes it when it first starts; check that S3_DATA_FOLDER is the server's",
        ) from error


def log_of(index: Path) -> Path:
    """Return where the write-ahead log of `index` is, while any process has it open."""
    return index.with_name(f"{index.name}-wal")


def set_up(index: Path) -> IndexConnection:
    """Create `index` or open it, and return a connection; the caller holds the set-up lock.

    Raises Blocked if another program or a newer version of the service made it, it is damaged or the disk refuses;
    Transient if another program has locked it.
    """
    try:
        return _set_up(index)
    except sqlite3.Error as error:
        reason = explained(error, f"the index {index}")
        raise error if reason is None else reason from error


def _set_up(index: Path) -> IndexConnection:
    was_there = index.exists() and index.with_name(GENERATION_NAME).exists()
    connection = _open(index, "rwc")
    try:
        if was_there:
            _refuse_if_emptied(connection)
        _refuse_other_formats(connection)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heard by a new index only; see shrinking.py
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(resources.files(__package__).joinpath("schema.sql").read_text("utf-8"))
        connection.execute(
            "INSERT OR IGNORE INTO meta (name, value) VALUES ('instance_id', ?)", (secrets.token_hex(8),)
        )
    except BaseException:
        connection.close()
        raise
    return connection


def as_object(row: Row) -> StoredObject:
    """Return the object in `row`, which begins with `OBJECT_COLUMNS`; its parts are left out."""
    bucket, key, seq, size, etag, modified_at, content_type = row[:7]
    headers, metadata, checksums, tags, checksum_type, owner, acl = row[7:14]
    return StoredObject(
        bucket=bucket,
        key=key,
        seq=seq,
        size=size,
        etag=etag,
        modified_at=as_time(modified_at),
        content_type=content_type,
        headers=as_headers(headers),
        metadata=as_headers(metadata),
        checksums=as_headers(checksums),
        tags=as_headers(tags),
        checksum_type=checksum_type,
        owner=owner,
        acl=acl,
    )


def as_entry(row: Row) -> Entry:
    """Return the object in `row`, which begins with `ENTRY_COLUMNS`, and its place."""
    place, staged, parts = row[14:17]
    stored = as_object(row)
    if parts != _NONE:
        stored = replace(stored, parts=as_parts(parts))
    return Entry(stored, Place(place), staged)


def as_time(time_us: int) -> datetime:
    """Return the time `time_us` microseconds after 1970.

    >>> as_time(1_500_000)
    datetime.datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=datetime.timezone.utc)
    """
    return _EPOCH + timedelta(microseconds=time_us)


def as_us(time: datetime) -> int:
    """Return microseconds since 1970: the inverse of `as_time`."""
    return (time - _EPOCH) // _MICROSECOND


def as_headers(text: str) -> Headers:
    """Return the pairs in JSON `text`.

    >>> as_headers('[["cache-control","no-store"]]')
    (('cache-control', 'no-store'),)
    """
    if text == _NONE:
        return ()
    return tuple([(name, value) for name, value in cast("list[list[str]]", _decode(text)[0])])


def as_text(headers: Headers) -> str:
    """Return `headers` as JSON: the inverse of `as_headers`."""
    if not headers:
        return _NONE
    try:
        return orjson.dumps(headers).decode()
    except TypeError:  # a lone surrogate
        return _encode(headers)


def as_parts(text: str) -> tuple[ObjectPart, ...]:
    """Return the parts in JSON `text`.

    >>> as_parts('[[1,5242880,[["CRC32","7bJhLw=="]]]]')
    (ObjectPart(number=1, size=5242880, checksums=(('CRC32', '7bJhLw=='),)),)
    """
    rows = cast("list[tuple[int, int, list[list[str]]]]", json.loads(text))
    return tuple(
        ObjectPart(number, size, tuple((name, value) for name, value in checksums)) for number, size, checksums in rows
    )


def parts_text(parts: tuple[ObjectPart, ...]) -> str:
    """Return `parts` as JSON: the inverse of `as_parts`."""
    if not parts:
        return _NONE
    return _encode([(part.number, part.size, part.checksums) for part in parts])


def _refuse_if_emptied(connection: IndexConnection) -> None:
    """Raise Blocked if only an empty file is left of the index: SQLite takes that for a new database."""
    if not _has_tables(connection):
        raise Blocked(
            f"the index {connection.path} is empty, and was not when the service last ran",
            hint="Restore S3_DATA_FOLDER from a backup; or move this file away, and the next start takes the plain "
            "files as objects.",
        )


def _refuse_other_formats(connection: IndexConnection) -> None:
    """Raise Blocked if a newer version of the service made the index, or another program."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise Blocked(
            f"the index {connection.path} has format {version}, this version of the service knows {SCHEMA_VERSION}",
            hint="Start the newer version of the service again.",
        )
    if version < SCHEMA_VERSION and _has_tables(connection):
        raise Blocked(
            f"the index {connection.path} isn't as this service makes it: it has tables, and format {version}",
            hint="If another program made it, set another S3_DATA_FOLDER; else restore the folder from a backup.",
        )


def _has_tables(connection: IndexConnection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # not Path.stat: each group of writes waits for it
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _open(index: Path, mode: str) -> IndexConnection:
    connection = sqlite3.connect(
        f"{index.as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_PREPARED,
        factory=IndexConnection,
    )
    connection.path = index
    connection.file = _file_at(index) or (0, 0)
    # FULL is what makes a commit survive a power cut; what a deleted body leaves in a page need not be zeroed.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
    return connection
