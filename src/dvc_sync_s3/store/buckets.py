"""Writes about buckets, run inside a group's transaction: refusals first, rows after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvc_sync_s3.store.errors import BucketNotEmpty, NoSuchBucket

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dvc_sync_s3.store.transaction import Transaction

_FILES = "SELECT file FROM parts WHERE upload_id IN (SELECT upload_id FROM uploads WHERE bucket = ?)"
_DELETE = (
    "DELETE FROM parts WHERE upload_id IN (SELECT upload_id FROM uploads WHERE bucket = ?)",
    "DELETE FROM uploads WHERE bucket = ?",
    "DELETE FROM bucket_documents WHERE bucket = ?",
    "DELETE FROM buckets WHERE name = ?",
    "INSERT OR IGNORE INTO removed_buckets (name) VALUES (?)",
)
_CREATE = "INSERT OR IGNORE INTO buckets (name, created_at, owner, acl) VALUES (?, ?, ?, ?)"
_SET_ACL = "UPDATE buckets SET acl = ? WHERE name = ?"
_PUT_DOCUMENT = "INSERT OR REPLACE INTO bucket_documents (bucket, name, document) VALUES (?, ?, ?)"
_DELETE_DOCUMENT = "DELETE FROM bucket_documents WHERE bucket = ? AND name = ?"


def create_bucket(
    transaction: Transaction, name: str, owner: str | None, acl: str | None, documents: Mapping[str, bytes]
) -> bool:
    """Return whether the bucket is new; if it isn't, it stays as it is."""
    added = transaction.connection.execute(_CREATE, (name, transaction.at_us, owner, acl))
    if added.rowcount != 1:
        return False
    rows = [(name, document_name, document) for document_name, document in documents.items()]
    transaction.connection.executemany(_PUT_DOCUMENT, rows)
    return True


def set_acl(transaction: Transaction, name: str, acl: str | None) -> None:
    """Replace the bucket's access control list; raises NoSuchBucket."""
    require_bucket(transaction, name)
    transaction.connection.execute(_SET_ACL, (acl, name))


def delete_bucket(transaction: Transaction, name: str) -> tuple[str, ...]:
    """Remove the bucket with its documents and uploads and return the files of their parts, which nobody needs now.

    Raises NoSuchBucket or BucketNotEmpty. Its deletions stay: they are changes.
    """
    require_bucket(transaction, name)
    execute = transaction.connection.execute
    if execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (name,)).fetchone() is not None:
        raise BucketNotEmpty(name)
    files = tuple(file for (file,) in execute(_FILES, (name,)))
    for sql in _DELETE:
        execute(sql, (name,))
    return files


def put_document(transaction: Transaction, bucket: str, name: str, document: bytes | None) -> None:
    """Keep `document` with the bucket, or remove it if None; raises NoSuchBucket."""
    require_bucket(transaction, bucket)
    if document is None:
        transaction.connection.execute(_DELETE_DOCUMENT, (bucket, name))
    else:
        transaction.connection.execute(_PUT_DOCUMENT, (bucket, name, document))


def forget_removed(transaction: Transaction, names: Sequence[str]) -> None:
    """Note that the folders of these deleted buckets are gone."""
    transaction.connection.executemany("DELETE FROM removed_buckets WHERE name = ?", [(name,) for name in names])


def require_bucket(transaction: Transaction, name: str) -> None:
    """Raise NoSuchBucket if there is none of this name."""
    if transaction.connection.execute("SELECT 1 FROM buckets WHERE name = ?", (name,)).fetchone() is None:
        raise NoSuchBucket(name)
