"""A remote that is a folder, such as a share: where it was used before it is expected, and never made anew.

A share that is unmounted for a while leaves its mount point, an empty folder of this machine's own.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from dvc_sync_s3.dvc.local_objects import FolderModes
from dvc_sync_s3.errors import Blocked, Transient

_VERSIONS = ("files", "md5")


class Expected(StrEnum):
    """What is known of a folder before it is looked at."""

    PUSHED = "pushed"
    """A version was pushed there before."""
    NAMED = "named"
    """The branch names a version, which must be there."""
    NOTHING = "nothing"
    """Nothing was pushed yet: the folder may be made."""


def require_folder(remote: str, folder: Path, expected: Expected, version: str | None = None) -> None:
    """Raise Transient or Blocked unless the folder of `remote` is there as far as that is expected.

    `version` is what the branch names, if it does.
    """
    if folder.joinpath(*_VERSIONS).is_dir():
        return
    state = "is empty" if folder.is_dir() else "is gone"
    match expected:
        case Expected.PUSHED:
            raise Transient(
                f"the folder {folder} of the remote {remote} {state}, where versions were pushed before",
                hint="Is the share mounted? Once it is, the sync goes on by itself. If it was emptied on purpose, run "
                "`dvc push` from a clone that has the data.",
            )
        case Expected.NAMED:
            raise Blocked(
                f"the branch names the version {version}, but the folder {folder} of the remote {remote} {state}",
                hint="If it is a share, mount it; else ask the author of the last change to run `dvc push`.",
            )
        case Expected.NOTHING if not folder.is_dir() and not folder.parent.is_dir():
            raise Blocked(
                f"the folder {folder} of the remote {remote} is gone, and so is the one that it would be in",
                hint=f"If it is on a share, mount that; else make it: `mkdir -p {folder}`.",
            )


def make_versions_folder(folder: Path, modes: FolderModes) -> None:
    """Make what a folder that was never pushed to lacks; its parent must be there. Raises OSError."""
    if not folder.parent.is_dir():
        raise FileNotFoundError(str(folder.parent))
    for new in (folder, *(folder.joinpath(*_VERSIONS[:count]) for count in range(1, len(_VERSIONS) + 1))):
        modes.make(new)
