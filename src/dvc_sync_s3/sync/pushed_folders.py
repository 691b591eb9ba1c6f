"""Which remotes that are folders a version was pushed to: remembered over restarts, so that none is made anew."""

from __future__ import annotations

from pathlib import Path

from dvc_sync_s3 import durable

FILE_NAME = "remote-folders"


class PushedFolders:
    """Folders, each ended by a NUL in a file of its own; without one (None), in memory only.

    A lost memory costs little: what the branch names is expected on its remote too.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known = set(_read(file)) if file else set[str]()

    def has(self, folder: Path) -> bool:
        """Tell whether a version was pushed to the folder."""
        return str(folder) in self._known

    def add(self, folder: Path) -> None:
        """Remember, durably, that a version was pushed to the folder and verified there; raises OSError."""
        if self.has(folder):
            return
        self._known.add(str(folder))
        if self._file is not None:
            durable.write_file(self._file, "".join(f"{known}\0" for known in sorted(self._known)).encode())


def _read(file: Path) -> list[str]:
    try:
        return [known for known in file.read_bytes().decode(errors="replace").split("\0") if known]
    except FileNotFoundError:
        return []
