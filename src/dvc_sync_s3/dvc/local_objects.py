"""Objects of a remote that is a folder: linked or copied there, durable, and read back once."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dvc.fs import FileSystem

from dvc_sync_s3.durable import sync_file, sync_folder
from dvc_sync_s3.dvc.believed import Believed, md5_of
from dvc_sync_s3.errors import Transient

_SHARED = 0o2775
_IS_WINDOWS = os.name == "nt"
"""There a file must be made writable, under all its names, to remove one of them."""


@dataclass(frozen=True, slots=True)
class FolderModes:
    """Which modes new folders of a remote get: those that `dvc push` by the service's user would give.

    `umask` is the user's, None this process's; `is_shared` is DVC's `shared = group`:
    https://dvc.org/doc/command-reference/remote/modify
    """

    umask: int | None = None
    is_shared: bool = False

    def make(self, folder: Path) -> None:
        """Make a folder, durably, unless it is there; its parent must be. Raises OSError."""
        if folder.is_dir():
            return
        folder.mkdir(exist_ok=True)
        if self.is_shared:
            folder.chmod(_SHARED)
        elif self.umask is not None:
            inherited = stat.S_IMODE(folder.stat().st_mode) & stat.S_ISGID
            folder.chmod(0o777 & ~self.umask | inherited)
        sync_folder(folder.parent)


class LocalObjects:
    """Files at given paths; what was put there, or read whole there, is believed while it is the same file."""

    def __init__(
        self, file_system: FileSystem, link: Callable[[Path, Path], None] = os.link, modes: FolderModes | None = None
    ) -> None:
        self._modes = modes or FolderModes()
        self._fs = file_system
        self._link = link
        self._believed = Believed()

    def has(self, path: Path, md5: str, size: int) -> bool:
        """Tell whether the file has this size and md5 (hexadecimal). Raises OSError."""
        return path.stat().st_size == size and self._believed.has(path, md5)

    def put(self, source: Path, path: Path, md5: str) -> None:
        """Make `path` hold what `source` holds, whose md5 (hexadecimal) this is; a power cut leaves all or nothing.

        On one file system both become names of one file, which takes no time and no room. That is safe because nobody
        writes into such a file: it is read-only, and neither this service's cache nor DVC ever does but replace one.
        Where a damaged object is, `source` may be the same file: it is copied. Raises OSError, Transient if the copy
        reads back as something else.
        """
        self._modes.make(path.parent)  # not those above: they may have been a share that is gone now
        partial = path.with_name(f".{secrets.token_urlsafe(16)}.tmp")  # DVC takes such a name for what it is
        try:
            if path.exists() or not self._linked(source, partial):
                self._fs.put_file(str(source), str(partial))
                _settle_read_back(partial, md5)
            else:
                _settle(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(path.parent)
        self._believed.believe(path, md5)

    def _linked(self, source: Path, to: Path) -> bool:
        if _IS_WINDOWS:
            return False
        try:
            self._link(source, to)
        except OSError:  # another file system, or one without links
            return False
        return True


def _settle_read_back(copy: Path, md5: str) -> None:
    with ThreadPoolExecutor(1) as reader:
        read_back = reader.submit(md5_of, copy)  # while the disk is waited for
        _settle(copy)
        if read_back.result() != md5:
            raise Transient(f"{copy} is not what was copied there", hint="It is copied again by itself.")


def _settle(path: Path) -> None:
    """Make a file survive a power cut, and read-only: DVC hashes writable objects at each query."""
    if _IS_WINDOWS:
        path.chmod(0o644)  # only what may be written can be waited for
    with path.open("r+b" if _IS_WINDOWS else "rb") as file:
        sync_file(file)
    path.chmod(0o444)
