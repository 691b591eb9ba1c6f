"""Which files of a folder were found to be in order: remembered over restarts, for finding out reads them all."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dvc_sync_s3 import durable
from dvc_sync_s3.dvc.listing import Listing, NotAListing

_DIGEST_CHARACTERS = 64


class Checked:
    """Names and md5s of checked files, in a file of its own; without one (None), in memory only.

    A name with an md5 stays true whatever happens, so an old memory, or none, costs time and no more.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known = _read(file) if file else Listing()
        self._is_saved = True

    def has(self, relpath: str, md5: str) -> bool:
        """Tell whether a file was checked with this content."""
        return self._known.get(relpath) == md5

    def add(self, relpath: str, md5: str) -> None:
        """Remember that a file is as it should be."""
        self._known.put(relpath, md5)
        self._is_saved = False

    def save(self) -> None:
        """Write the memory down, if there is anything new; raises OSError."""
        if self._file is not None and not self._is_saved:
            with self._known.content() as text:
                durable.write_file(self._file, hashlib.sha256(text).hexdigest().encode() + bytes(text))
        self._is_saved = True


def _read(file: Path) -> Listing:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Listing()
    digest, text = content[:_DIGEST_CHARACTERS], content[_DIGEST_CHARACTERS:]
    if hashlib.sha256(text).hexdigest().encode() != digest:
        return Listing()
    try:
        return Listing.parse(text)
    except NotAListing:
        return Listing()
