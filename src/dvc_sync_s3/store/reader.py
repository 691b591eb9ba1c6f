"""Reading objects and changes, in any process, while others write."""

from __future__ import annotations

import contextlib
import functools
import threading
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from dvc_sync_s3.store import index, packs, uploads
from dvc_sync_s3.store.errors import BodyLost
from dvc_sync_s3.store.folder import DataFolder, open_body, read_at_once
from dvc_sync_s3.store.history import History, read_history
from dvc_sync_s3.store.index import CURRENT, ENTRY_COLUMNS, Entry, Place, as_entry, as_time
from dvc_sync_s3.store.listing import list_page, list_uploads
from dvc_sync_s3.store.model import (
    Bucket,
    Change,
    ChangeKind,
    ListPage,
    ListRequest,
    StoredObject,
    StoredPart,
    Upload,
    UploadsPage,
    UploadsRequest,
    Waiting,
)
from dvc_sync_s3.store.plain_file import PlainFile, has_time, leave_unverified, verify
from dvc_sync_s3.store.remembered import Known, RememberedBodies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dvc_sync_s3.store.generation import Generation

    _Verify = Callable[[PlainFile, StoredObject, int], None]
    """Told of a plain file whose time isn't its object's; raises unless the body is the object's."""

_CURRENT_WITH_BODY = (
    f"SELECT {ENTRY_COLUMNS}, CASE WHEN place = 'body' THEN {packs.BODY} END"  # noqa: S608
    " FROM objects WHERE bucket = ? AND key = ?"
)
_STILL = "SELECT 1 FROM objects WHERE bucket = ? AND key = ? AND seq = ? AND place = ?"
_BUCKET = """
SELECT created_at, owner, acl, bucket_documents.name, document
FROM buckets LEFT JOIN bucket_documents ON bucket_documents.bucket = buckets.name WHERE buckets.name = ?
"""
_DOCUMENT = "SELECT document FROM bucket_documents WHERE bucket = ? AND name = ?"
_CHANGES = """
SELECT seq, 'put', bucket, key, modified_at FROM objects WHERE seq > :after
UNION ALL SELECT seq, 'delete', bucket, key, at FROM deletions WHERE seq > :after
ORDER BY 1 LIMIT :limit
"""
# It ends once it has counted that many: a bundle that stays open for long is looked at again and again.
_COUNT = """
SELECT count(*) FROM (
  SELECT * FROM (SELECT seq FROM objects WHERE seq > :after LIMIT :limit)
  UNION ALL SELECT * FROM (SELECT seq FROM deletions WHERE seq > :after LIMIT :limit)
  LIMIT :limit)
"""
_TIME = """
SELECT modified_at FROM objects WHERE seq = :seq UNION ALL SELECT at FROM deletions WHERE seq = :seq
"""


class Reader:
    """Read the objects under `folder` and their changes.

    Every thread has its own connection, so methods may be called from any; they block for a read of the
    disk. All raise Transient if the folder has no index yet, and sqlite3.Error or OSError if the disk fails.
    """

    def __init__(self, folder: Path, remembered_bytes: int = 0) -> None:
        """Keep up to `remembered_bytes` of small bodies in memory."""
        self._folder = DataFolder(folder)
        self._remembered = RememberedBodies(remembered_bytes)
        self._generation: Generation | None = None
        self._local = threading.local()
        self._connections: list[index.IndexConnection] = []
        self._connections_lock = threading.Lock()

    def close_connections(self) -> None:
        """Close every thread's connection; a later call opens a new one."""
        with self._connections_lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
            self._local = threading.local()

    def instance_id(self) -> str:
        """Return the 16 hexadecimal digits that name this index, and no other, for its whole life."""
        return str(self._one("SELECT value FROM meta WHERE name = 'instance_id'")[0])

    def last_seq(self) -> int:
        """Return the highest seq given out so far, 0 if none; raises IndexReplaced."""
        self._connection().require_named()
        return int(self._one(index.LAST_SEQ)[0])

    def history(self) -> History:
        """Return which starts gave the seqs, and the highest; raises IndexReplaced."""
        with self._snapshot() as connection:
            connection.require_named()
            return read_history(connection)

    def buckets(self) -> tuple[Bucket, ...]:
        """Return all buckets by name."""
        rows = self._connection().execute("SELECT name, created_at, owner, acl FROM buckets ORDER BY name")
        return tuple(Bucket(name, as_time(created_at), owner, acl) for name, created_at, owner, acl in rows)

    def bucket(self, name: str) -> Bucket | None:
        """Return the bucket with all that is kept with it, or None."""
        rows = tuple(self._connection().execute(_BUCKET, (name,)).fetchall())
        return _as_bucket(name, rows) if rows else None

    def has_bucket(self, name: str) -> bool:
        """Return whether the bucket exists."""
        return bool(self._one("SELECT count(*) FROM buckets WHERE name = ?", name)[0])

    def bucket_document(self, bucket: str, name: str) -> bytes | None:
        """Return what was put under this name with the bucket, or None."""
        row = self._connection().execute(_DOCUMENT, (bucket, name)).fetchone()
        return None if row is None else row[0]

    def head(self, bucket: str, key: str) -> StoredObject | None:
        """Return the object without its body, or None."""
        entry = self._entry(bucket, key)
        return None if entry is None else entry.object

    def at_hand(self, bucket: str, key: str) -> tuple[StoredObject, bytes] | None:
        """Return the object and its body if both are in memory and nobody wrote anything since, else None."""
        if self._generation is None or (seen := self._generation.settled()) is None:
            return None
        known = self._remembered.unchanged(bucket, key, seen)
        return None if known is None else (known.entry.object, known.body)

    def open(self, bucket: str, key: str) -> tuple[StoredObject, BinaryIO] | None:
        """Return the object and its body, which belong together whatever is written meanwhile, or None.

        Raises BodyLost if someone else removed or changed the plain file, having read it whole where its time isn't
        the object's.
        """
        return self._open(bucket, key, verify)

    def open_at_once(self, bucket: str, key: str) -> tuple[StoredObject, BinaryIO] | None:
        """Do what `open` does, but raise Unverified for a plain file that would have to be read whole first."""
        return self._open(bucket, key, leave_unverified)

    def _open(self, bucket: str, key: str, verify: _Verify) -> tuple[StoredObject, BinaryIO] | None:
        # First: whatever is committed after this is then seen to be new.
        seen = None if self._generation is None else self._generation.settled()
        missed = None
        while True:
            row = self._connection().execute(_CURRENT_WITH_BODY, (bucket, key)).fetchone()
            if row is None:
                return None
            if (known := self._remembered.get(row, seen)) is not None:
                return known.entry.object, BytesIO(known.body)
            entry = as_entry(row)
            is_in_pack = entry.place is Place.BODY
            if entry == missed or (is_in_pack and row[17] is None):
                raise BodyLost(bucket, key)
            if is_in_pack:
                return entry.object, BytesIO(row[17])
            plain = self._open_file(entry)
            # A plain file is replaced only after the row: an unchanged row vouches for what was opened before.
            if plain is not None:
                if self._is_still(entry):
                    if entry.place is not Place.STAGED and not has_time(plain.modified_ns, row[5]):
                        verify(plain, entry.object, row[5])
                    return entry.object, self._remember(row, entry, plain.file, seen)
                plain.file.close()
            else:
                missed = entry

    def list(self, request: ListRequest) -> ListPage:
        """Return a page of keys in the order of their UTF-8 bytes; empty if the bucket doesn't exist."""
        return list_page(self._connection(), request)

    def upload(self, bucket: str, key: str, upload_id: str) -> Upload | None:
        """Return the key's upload of this id if it is neither completed nor aborted, else None."""
        upload = uploads.find(self._connection(), upload_id)
        return upload if upload is not None and (upload.bucket, upload.key) == (bucket, key) else None

    def uploads(self, request: UploadsRequest) -> UploadsPage:
        """Return a page of uploads by key and id; empty if the bucket doesn't exist."""
        with self._snapshot() as connection:
            return list_uploads(connection, request)

    def parts(self, upload_id: str, after: int, limit: int) -> tuple[StoredPart, ...]:
        """Return the first `limit` parts whose number is above `after`, by number; none if there is no such upload."""
        rows = self._connection().execute(uploads.PARTS, (upload_id, after, limit))
        return tuple(uploads.as_part(row) for row in rows)

    def changes(self, after: int, limit: int) -> tuple[Change, ...]:
        """Return the first `limit` changes whose seq is above `after`, by seq; raises IndexReplaced."""
        self._connection().require_named()
        rows = self._connection().execute(_CHANGES, {"after": after, "limit": limit})
        return tuple(Change(seq, ChangeKind(kind), bucket, key, as_time(at)) for seq, kind, bucket, key, at in rows)

    def waiting(self, after: int, most: int = 1) -> Waiting:
        """Return what waits after the position `after`, counted up to `most`.

        Its `last_seq` is `after` if nothing does. Raises IndexReplaced.
        """
        with self._snapshot() as connection:
            connection.require_named()
            (count,) = connection.execute(_COUNT, {"after": after, "limit": most}).fetchone()
            if not count:
                return Waiting(0, after, None, None)
            (first, *_) = connection.execute(_CHANGES, {"after": after, "limit": 1}).fetchone()
            (last,) = connection.execute(index.LAST_SEQ).fetchone()
            first_at, last_at = (
                as_time(connection.execute(_TIME, {"seq": seq}).fetchone()[0]) for seq in (first, last)
            )
            return Waiting(count, last, first_at, last_at)

    def open_change(self, change: Change) -> BinaryIO | None:
        """Return the body that `change` put, or None if it deleted or a newer change of its key superseded it."""
        opened = self.open(change.bucket, change.key)
        if opened is None:
            return None
        stored, body = opened
        if stored.seq == change.seq:
            return body
        body.close()
        return None

    def read(self, change: Change) -> bytes | None:
        """Return what `open_change` would open, whole."""
        body = self.open_change(change)
        if body is None:
            return None
        with body:
            return body.read()

    def _entry(self, bucket: str, key: str) -> Entry | None:
        row = self._connection().execute(CURRENT, (bucket, key)).fetchone()
        return None if row is None else as_entry(row)

    def _is_still(self, entry: Entry) -> bool:
        position = (entry.object.bucket, entry.object.key, entry.object.seq, entry.place.value)
        return self._connection().execute(_STILL, position).fetchone() is not None

    def _open_file(self, entry: Entry) -> PlainFile | None:
        stored = entry.object
        if entry.staged is not None:
            return open_body(self._folder.staging / entry.staged, stored.size)
        if entry.place is Place.ODD:
            return open_body(self._folder.odd_path(stored.bucket, stored.key), stored.size)
        return self._folder.open_plain((stored.bucket, *stored.key.split("/")), stored.size)

    def _remember(self, row: index.Row, entry: Entry, body: BinaryIO, seen: int | None) -> BinaryIO:
        if not self._remembered.wants(entry):
            return body
        data = read_at_once(body, 0, entry.object.size)
        if data is None:
            return body
        body.close()
        self._remembered.remember(Known(row, entry, data, seen))
        return BytesIO(data)

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[index.IndexConnection]:
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")

    def _one(self, sql: str, *values: str) -> index.Row:
        row: index.Row = self._connection().execute(sql, values).fetchone()
        return row

    def _connection(self) -> index.IndexConnection:
        connection: index.IndexConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = index.connect(self._folder.index)
            connection.execute("PRAGMA query_only = ON")
            with self._connections_lock:
                self._connections.append(connection)
            self._local.connection = connection
        return connection


@functools.lru_cache(maxsize=256)
def _as_bucket(name: str, rows: tuple[index.Row, ...]) -> Bucket:
    """Return the bucket in rows of `_BUCKET`; the same one as long as nothing of it changes: each request asks."""
    created_at, owner, acl = rows[0][:3]
    documents = tuple((document_name, document) for *_, document_name, document in rows if document_name is not None)
    return Bucket(name, as_time(created_at), owner, acl, documents)
