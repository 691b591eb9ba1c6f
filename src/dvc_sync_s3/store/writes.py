"""The writes themselves, run inside a group's transaction: refusals first, rows after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from dvc_sync_s3.store import packs
from dvc_sync_s3.store.buckets import require_bucket
from dvc_sync_s3.store.index import CURRENT, ENTRY_COLUMNS, Entry, Place, as_entry, as_text, as_time, parts_text
from dvc_sync_s3.store.model import StoredObject

if TYPE_CHECKING:
    from datetime import datetime

    from dvc_sync_s3.store.model import Headers, NewObject, Precondition
    from dvc_sync_s3.store.transaction import Transaction

REPLACE = """
ON CONFLICT (bucket, key) DO UPDATE SET
  seq = excluded.seq, size = excluded.size, etag = excluded.etag, modified_at = excluded.modified_at,
  content_type = excluded.content_type, headers = excluded.headers, metadata = excluded.metadata,
  checksums = excluded.checksums, tags = excluded.tags, checksum_type = excluded.checksum_type,
  owner = excluded.owner, acl = excluded.acl, place = excluded.place, staged = excluded.staged, parts = excluded.parts
"""
_PUT = f"""
INSERT INTO objects ({ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
{REPLACE}"""  # noqa: S608
_UNDELETE = "DELETE FROM deletions WHERE bucket = ? AND key = ?"
_SET_TAGS = "UPDATE objects SET tags = ? WHERE bucket = ? AND key = ?"
_SET_ACL = "UPDATE objects SET acl = ? WHERE bucket = ? AND key = ? AND seq = ?"
_REMOVE = "DELETE FROM objects WHERE bucket = ? AND key = ?"
_DELETE = "INSERT INTO deletions (bucket, key, seq, at) VALUES (?, ?, ?, ?)"


class Body(Struct, frozen=True):
    """A body ready to be committed: either its bytes or the name of its durable file in staging."""

    size: int
    data: bytes | None
    staged: str | None


class Superseded(Struct, frozen=True):
    """What a write left without an owner: names of files to remove, one in `staging/`, any number in `uploads/`."""

    staged: str | None = None
    parts: tuple[str, ...] = ()


def put(
    transaction: Transaction, new: NewObject, body: Body, precondition: Precondition | None
) -> tuple[StoredObject, Superseded]:
    """Make `body` the object's content; raises NoSuchBucket or what `precondition` raises."""
    texts = (as_text(new.headers), as_text(new.metadata), as_text(new.checksums), as_text(new.tags))
    parts = parts_text(new.parts)
    before = _current(transaction, new.bucket, new.key, precondition)
    seq = transaction.next_seq()
    place = Place.BODY if body.staged is None else Place.STAGED
    row = (new.bucket, new.key, seq, body.size, new.etag, transaction.at_us, new.content_type, *texts)
    execute = transaction.connection.execute
    execute(_PUT, (*row, new.checksum_type, new.owner, new.acl, place.value, body.staged, parts))
    if body.data is not None:
        packs.add(transaction, [(seq, body.data)])
    if before is None:
        execute(_UNDELETE, (new.bucket, new.key))
    return as_stored(new, seq, body.size, as_time(transaction.at_us)), _superseded(before)


def delete(
    transaction: Transaction, bucket: str, key: str, precondition: Precondition | None
) -> tuple[int | None, Superseded]:
    """Remove the object and return the change's seq, None if there was no object.

    Raises NoSuchBucket or what `precondition` raises.
    """
    before = _current(transaction, bucket, key, precondition)
    if before is None:
        return None, Superseded()
    seq = transaction.next_seq()
    transaction.connection.execute(_REMOVE, (bucket, key))
    transaction.connection.execute(_DELETE, (bucket, key, seq, transaction.at_us))
    return seq, _superseded(before)


def set_tags(transaction: Transaction, bucket: str, key: str, tags: Headers) -> bool:
    """Replace the object's tags and return whether there is one; not a change. Raises NoSuchBucket."""
    text = as_text(tags)
    require_bucket(transaction, bucket)
    return transaction.connection.execute(_SET_TAGS, (text, bucket, key)).rowcount == 1


def set_acl(transaction: Transaction, stored: StoredObject, acl: str | None) -> bool:
    """Replace the access control list and return whether `stored` is still there, neither replaced nor deleted."""
    row = (acl, stored.bucket, stored.key, stored.seq)
    return transaction.connection.execute(_SET_ACL, row).rowcount == 1


def leave_nothing(transaction: Transaction) -> None:
    """Change the index and change it back: the commit writes to the disk, and nothing is left of it."""
    transaction.connection.execute("INSERT INTO meta VALUES ('-', '')")
    transaction.connection.execute("DELETE FROM meta WHERE name = '-'")


def _current(transaction: Transaction, bucket: str, key: str, precondition: Precondition | None) -> Entry | None:
    require_bucket(transaction, bucket)
    row = transaction.connection.execute(CURRENT, (bucket, key)).fetchone()
    before = None if row is None else as_entry(row)
    if precondition is not None:
        precondition(None if before is None else before.object)
    return before


def _superseded(before: Entry | None) -> Superseded:
    return Superseded() if before is None else Superseded(before.staged)


def as_stored(new: NewObject, seq: int, size: int, at: datetime) -> StoredObject:
    """Return the object that `new` becomes by the change `seq` at that time."""
    return StoredObject(
        bucket=new.bucket,
        key=new.key,
        seq=seq,
        size=size,
        etag=new.etag,
        modified_at=at,
        content_type=new.content_type,
        headers=new.headers,
        metadata=new.metadata,
        checksums=new.checksums,
        tags=new.tags,
        checksum_type=new.checksum_type,
        parts=new.parts,
        owner=new.owner,
        acl=new.acl,
    )
