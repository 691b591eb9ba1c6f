"""Multipart uploads: rows read, and writes run inside a group's transaction: refusals first, rows after."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from dvc_sync_s3.store import writes
from dvc_sync_s3.store.buckets import require_bucket
from dvc_sync_s3.store.errors import NoSuchPart, NoSuchUpload
from dvc_sync_s3.store.index import Row, as_headers, as_text, as_time
from dvc_sync_s3.store.model import StoredPart, Upload

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from dvc_sync_s3.store.model import Headers, NewObject, NewUpload, Precondition, StoredObject
    from dvc_sync_s3.store.transaction import Transaction
    from dvc_sync_s3.store.writes import Body, Superseded

UPLOAD_COLUMNS = (
    "bucket, key, upload_id, initiated_at, content_type, headers, metadata, tags, checksum_algorithm, checksum_type, "
    "owner, acl, initiator"
)
PARTS = """
SELECT number, size, etag, modified_at, checksums, file FROM parts WHERE upload_id = ? AND number > ?
ORDER BY number LIMIT ?
"""
_ALL = -1
_CREATE = f"INSERT INTO uploads ({UPLOAD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_FIND = f"SELECT {UPLOAD_COLUMNS} FROM uploads WHERE upload_id = ?"  # noqa: S608
_PUT_PART = """
INSERT OR REPLACE INTO parts (upload_id, number, size, etag, modified_at, checksums, file) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_FILE = "SELECT file FROM parts WHERE upload_id = ? AND number = ?"
_FILES = "SELECT file FROM parts WHERE upload_id = ?"
_RESTING = """
SELECT upload_id FROM uploads WHERE initiated_at < :before
AND NOT EXISTS (SELECT 1 FROM parts WHERE parts.upload_id = uploads.upload_id AND modified_at >= :before)
"""
_END = ("DELETE FROM uploads WHERE upload_id = ?", "DELETE FROM parts WHERE upload_id = ?")


def create(transaction: Transaction, new: NewUpload) -> Upload:
    """Begin an upload; raises NoSuchBucket."""
    texts = (as_text(new.headers), as_text(new.metadata), as_text(new.tags))
    require_bucket(transaction, new.bucket)
    # Hexadecimal microseconds first: ids of one key sort by time.
    upload_id = f"{transaction.at_us:014x}{secrets.token_hex(16)}"
    row: Row = (new.bucket, new.key, upload_id, transaction.at_us, new.content_type, *texts)
    row = (*row, new.checksum_algorithm, new.checksum_type, new.owner, new.acl, new.initiator)
    transaction.connection.execute(_CREATE, row)
    return as_upload(row)


def put_part(
    transaction: Transaction, upload_id: str, number: int, body: Body, etag: str, checksums: Headers
) -> tuple[StoredPart, Superseded]:
    """Make the staged `body` the part's content; raises NoSuchUpload."""
    execute = transaction.connection.execute
    text = as_text(checksums)
    require_upload(transaction.connection, upload_id)
    before = execute(_FILE, (upload_id, number)).fetchone()
    row = (number, body.size, etag, transaction.at_us, text)
    execute(_PUT_PART, (upload_id, *row, body.staged))
    return as_part(row), writes.Superseded(parts=() if before is None else before)


def abort(transaction: Transaction, upload_id: str) -> Superseded:
    """Forget the upload and its parts; raises NoSuchUpload."""
    require_upload(transaction.connection, upload_id)
    files = _files(transaction.connection, upload_id)
    _end(transaction, upload_id)
    return writes.Superseded(parts=files)


def expire(transaction: Transaction, before_us: int) -> tuple[str, ...]:
    """Forget the uploads that got nothing since `before_us` and return the files of their parts."""
    execute = transaction.connection.execute
    ended = [upload_id for (upload_id,) in execute(_RESTING, {"before": before_us})]
    files = tuple(file for upload_id in ended for file in _files(transaction.connection, upload_id))
    for upload_id in ended:
        _end(transaction, upload_id)
    return files


def complete(
    transaction: Transaction,
    upload_id: str,
    chosen: Mapping[StoredPart, str],
    new: NewObject,
    body: Body,
    precondition: Precondition | None,
) -> tuple[StoredObject, Superseded]:
    """Make `body`, put together from the files of `chosen`, the object's content and forget the upload.

    Raises NoSuchUpload, NoSuchPart if a part was replaced meanwhile, NoSuchBucket or what `precondition` raises.
    """
    require_upload(transaction.connection, upload_id)
    files = _files(transaction.connection, upload_id)
    current = set(files)
    for part, file in chosen.items():
        if file not in current:  # no two bodies ever had one name
            raise NoSuchPart(upload_id, part.number)
    stored, superseded = writes.put(transaction, new, body, precondition)
    _end(transaction, upload_id)
    return stored, writes.Superseded(superseded.staged, files)


def find(connection: sqlite3.Connection, upload_id: str) -> Upload | None:
    """Return the upload, or None."""
    row = connection.execute(_FIND, (upload_id,)).fetchone()
    return None if row is None else as_upload(row)


def files_of(connection: sqlite3.Connection, upload_id: str, chosen: Sequence[StoredPart]) -> dict[StoredPart, str]:
    """Return the files in `uploads/` of the chosen parts, in their order; raises NoSuchUpload or NoSuchPart."""
    rows = connection.execute(PARTS, (upload_id, 0, _ALL)).fetchall()
    files = {as_part(row): row[5] for row in rows}
    if not files:
        require_upload(connection, upload_id)
    for part in chosen:
        if part not in files:
            raise NoSuchPart(upload_id, part.number)
    return {part: files[part] for part in chosen}


def as_upload(row: Row) -> Upload:
    """Return the upload in `row` of `UPLOAD_COLUMNS`."""
    bucket, key, upload_id, initiated_at, content_type = row[:5]
    headers, metadata, tags, checksum_algorithm, checksum_type, owner, acl, initiator = row[5:]
    return Upload(
        bucket=bucket,
        key=key,
        upload_id=upload_id,
        initiated_at=as_time(initiated_at),
        content_type=content_type,
        headers=as_headers(headers),
        metadata=as_headers(metadata),
        tags=as_headers(tags),
        checksum_algorithm=checksum_algorithm,
        checksum_type=checksum_type,
        owner=owner,
        acl=acl,
        initiator=initiator,
    )


def as_part(row: Row) -> StoredPart:
    """Return the part in `row`, which begins as one of `PARTS` does."""
    number, size, etag, modified_at, checksums = row[:5]
    return StoredPart(number, size, etag, as_time(modified_at), as_headers(checksums))


def require_upload(connection: sqlite3.Connection, upload_id: str) -> None:
    """Raise NoSuchUpload if there is none of this id."""
    if connection.execute("SELECT 1 FROM uploads WHERE upload_id = ?", (upload_id,)).fetchone() is None:
        raise NoSuchUpload(upload_id)


def _files(connection: sqlite3.Connection, upload_id: str) -> tuple[str, ...]:
    return tuple(file for (file,) in connection.execute(_FILES, (upload_id,)))


def _end(transaction: Transaction, upload_id: str) -> None:
    for sql in _END:
        transaction.connection.execute(sql, (upload_id,))
