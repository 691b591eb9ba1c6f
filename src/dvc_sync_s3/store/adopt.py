"""Take over a folder that an older service left: plain files and no index."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dvc_sync_s3 import durable
from dvc_sync_s3.store import placement
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.index import Place, as_us
from dvc_sync_s3.store.tree import link_or_copy

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from dvc_sync_s3.clock import Clock
    from dvc_sync_s3.store.folder import DataFolder

LONGEST_KEY_BYTES = 1024
_ADD = """
INSERT INTO objects (bucket, key, seq, size, etag, modified_at, headers, metadata, checksums, place)
VALUES (?, ?, ?, ?, ?, ?, '[]', '[]', '[]', ?)
"""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What an older service's folder held: buckets and objects now ours, and paths that are not."""

    buckets: tuple[str, ...]
    objects: int
    left_alone: tuple[str, ...]
    """Relative to the data folder: symlinks, and what can't be a bucket or a key."""


def adopt(folder: DataFolder, connection: sqlite3.Connection, rules: placement.PathRules, clock: Clock) -> Adoption:
    """Make every plain file an object, once in the index's life, all or nothing; the caller holds the set-up lock.

    Raises OSError or sqlite3.Error; the next start begins anew.
    """
    if connection.execute("SELECT 1 FROM meta WHERE name = 'adopted'").fetchone():
        return Adoption((), 0, ())
    connection.execute("BEGIN IMMEDIATE")
    try:
        adoption = _Walk(folder, connection, rules).run(as_us(clock.now()))
        # Second names in `odd` must be there before the rows that count on them.
        durable.sync_folder(folder.odd)
        connection.execute("INSERT INTO meta (name, value) VALUES ('adopted', 1)")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return adoption


class _Walk:
    def __init__(self, folder: DataFolder, connection: sqlite3.Connection, rules: placement.PathRules) -> None:
        self._folder = folder
        self._connection = connection
        self._rules = rules
        self._seq = 0
        self._left_alone: list[str] = []

    def run(self, at_us: int) -> Adoption:
        buckets = []
        for entry in _sorted_entries(self._folder.root):
            if entry.name == HIDDEN_NAME:
                continue
            if entry.is_dir(follow_symlinks=False) and placement.is_bucket_name(entry.name):
                buckets.append(entry.name)
                self._connection.execute(
                    "INSERT OR IGNORE INTO buckets (name, created_at) VALUES (?, ?)", (entry.name, at_us)
                )
                for path in self._files(Path(entry.path)):
                    self._add(entry.name, path)
            else:
                self._leave(Path(entry.path))
        return Adoption(tuple(buckets), self._seq, tuple(self._left_alone))

    def _files(self, parent: Path) -> Iterator[Path]:
        for entry in _sorted_entries(parent):
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
            else:
                self._leave(Path(entry.path))

    def _add(self, bucket: str, path: Path) -> None:
        key = path.relative_to(self._folder.root / bucket).as_posix()
        if len(os.fsencode(key)) > LONGEST_KEY_BYTES or not _is_text(key):
            return self._leave(path)
        place = Place.TREE
        if placement.plain_path(bucket, key, self._rules) is None:
            # Its plain path may one day be another key's: keep the body under a name that is only its own.
            place = Place.ODD
            odd = self._folder.odd_path(bucket, key)
            odd.unlink(missing_ok=True)
            link_or_copy(path, odd)
        self._seq += 1
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        row = (bucket, key, self._seq, found.st_size, md5, found.st_mtime_ns // 1000, place.value)
        self._connection.execute(_ADD, row)
        return None

    def _leave(self, path: Path) -> None:
        name = os.fsencode(path.relative_to(self._folder.root))
        self._left_alone.append(name.decode(errors="backslashreplace"))


def _sorted_entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _is_text(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
