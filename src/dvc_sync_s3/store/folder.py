"""The data folder: where things lie in it, and paths that can't leave it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import unicodedata
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from dvc_sync_s3 import durable
from dvc_sync_s3.store import placement
from dvc_sync_s3.store.index import GENERATION_NAME
from dvc_sync_s3.store.plain_file import PlainFile

HIDDEN_NAME = ".dvc-sync-s3"
_BINARY = getattr(os, "O_BINARY", 0)
# Not through a symlink, and without waiting should someone have put a pipe there.
_READ = os.O_RDONLY | _BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class DataFolder:
    """Name the paths of a data folder; touch nothing until asked."""

    def __init__(self, folder: Path) -> None:
        self.root = Path(os.path.realpath(folder))
        self.hidden = self.root / HIDDEN_NAME
        self.index = self.hidden / "index.db"
        self.staging = self.hidden / "staging"
        self.odd = self.hidden / "odd"
        self.uploads = self.hidden / "uploads"
        self.publisher_lock = self.hidden / "publisher.lock"
        self.setup_lock = self.hidden / "setup.lock"
        self.writers_turn = self.hidden / "writers.turn"
        self.generation = self.hidden / GENERATION_NAME
        self.bucket_generation = self.hidden / "buckets.generation"

    def make(self) -> None:
        """Create the hidden folders, durably; raises OSError."""
        durable.make_folder(self.staging)
        durable.make_folder(self.odd)
        durable.make_folder(self.uploads)
        # Whoever made those that were there, this service before it was killed or a person just now, may not have
        # waited for the disk.
        for folder in (self.hidden, self.root):
            durable.sync_folder(folder)
        for folder in self.root.parents:
            with contextlib.suppress(OSError):  # not ours, perhaps not even readable
                durable.sync_folder(folder)

    def rules(self) -> placement.PathRules:
        """Return what this file system can hold, having tried it; raises OSError."""
        return placement.path_rules(str(self.root), is_folding=self._is_folding())

    def tree_path(self, path: tuple[str, ...]) -> Path | None:
        """Return the plain file at `path` (bucket's folder first), or None if a symlink leads it elsewhere."""
        plain = self.root.joinpath(*path)
        return plain if os.path.realpath(plain) == str(plain) else None

    def open_plain(self, path: tuple[str, ...], size: int) -> PlainFile | None:
        """Open the plain file at `path`, or return None if a symlink leads elsewhere or none is of `size` bytes.

        Raises OSError.
        """
        plain = "/".join((str(self.root), *path))
        body = open_body(plain, size)
        if body is not None and _opened_path(body.file) != plain and self.tree_path(path) is None:
            body.file.close()
            return None
        return body

    def odd_path(self, bucket: str, key: str) -> Path:
        """Return where the body of a key that no path can hold is kept."""
        return self.odd / placement.odd_name(bucket, key)

    def new_staged(self, prefix: str) -> tuple[str, BinaryIO]:
        """Create a file of a fresh name in staging and return the name and the file; raises OSError."""
        name = f"{prefix}-{secrets.token_hex(8)}"
        descriptor = os.open(self.staging / name, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, durable.READABLE)
        return name, os.fdopen(descriptor, "w+b")

    def _is_folding(self) -> bool:
        name, file = self.new_staged("probe-\u00c9")  # É: one character here, two in the other Unicode form
        file.close()
        try:
            others = (name.lower(), unicodedata.normalize("NFD", name))
            return any((self.staging / other).exists() for other in others)
        finally:
            (self.staging / name).unlink()


def _opened_path(file: BinaryIO) -> str | None:
    """Ask the system where an open file is, symlinks followed: one call where looking at each folder takes many."""
    with contextlib.suppress(OSError):  # Linux alone can say it
        return os.readlink(f"/proc/self/fd/{file.fileno()}")
    return None


def open_body(path: Path | str, size: int) -> PlainFile | None:
    """Open the plain file at `path`, or return None if there is none of `size` bytes; raises OSError."""
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return None
        raise
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_size == size:
        return PlainFile(os.fdopen(descriptor, "rb"), found.st_mtime_ns)
    os.close(descriptor)
    return None


def read_at_once(file: BinaryIO, offset: int, size: int) -> bytes | None:
    """Return `size` bytes from `offset` if they can be read without waiting for the disk, else None."""
    if isinstance(file, BytesIO):
        return file.getvalue()[offset : offset + size]
    buffer = bytearray(size)
    try:
        read = os.preadv(file.fileno(), [buffer], offset, os.RWF_NOWAIT)
    except (AttributeError, OSError):  # not Linux; not in memory, or on a file system that can't tell
        return None
    return bytes(buffer) if read == size else None
