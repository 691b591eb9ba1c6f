"""The clone's DVC cache: disposable copies of the dataset's versions, by md5."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

from dvc_sync_s3.dvc.believed import Believed

_READ_ONLY = stat.S_IRUSR


class Cache:
    """Files below `folder` (`.dvc/cache`) as DVC 3 lays them out; nothing here outlives a power cut for certain.

    What this object wrote or checked it believes for as long as the file's inode, size and time stay the same.
    """

    def __init__(self, folder: Path) -> None:
        self._versions = folder / "files" / "md5"
        self._believed = Believed()

    def path(self, md5: str) -> Path:
        """Return where the version `md5` is, or would be."""
        return self._versions / md5[:2] / md5[2:]

    def is_intact(self, md5: str) -> bool:
        """Tell whether the version is here and its content has this md5; reads the whole file the first time."""
        return self._believed.has(self.path(md5), md5.removesuffix(".dir"))

    def adopt(self, file: Path, md5: str) -> Path:
        """Move `file`, whose content has this md5, into the cache (same file system) and return its new path."""
        path = self.path(md5)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._remove(path)
        file.replace(path)
        path.chmod(_READ_ONLY)
        self._believed.believe(path, md5.removesuffix(".dir"))
        return path

    def keep(self, md5s: Collection[str]) -> None:
        """Remove all versions but these."""
        kept = {self.path(md5) for md5 in md5s}
        for path in self._versions.glob("*/*"):
            if path not in kept:
                self._remove(path)
        self._believed.forget(lambda path: path not in kept)

    @staticmethod
    def _remove(path: Path) -> None:
        if path.exists():
            if os.name == "nt":  # elsewhere the file may have another name on the remote, which stays read-only
                path.chmod(stat.S_IREAD | stat.S_IWRITE)  # Windows replaces and deletes no read-only file
            path.unlink()
