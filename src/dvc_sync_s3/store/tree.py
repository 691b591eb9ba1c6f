"""Plain files: each always the whole content of some committed change, none outside its bucket's folder."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dvc_sync_s3 import durable
from dvc_sync_s3.store import packs, placement
from dvc_sync_s3.store.index import Place
from dvc_sync_s3.store.plain_file import set_time

if TYPE_CHECKING:
    import sqlite3

    from dvc_sync_s3.store.folder import DataFolder

PUBLISHED_PREFIX = "publish"
"""Of the names in staging that only the holder of the publisher's lock makes."""
_BODY = f"SELECT {packs.BODY} FROM objects WHERE seq = ? AND place = 'body'"  # noqa: S608

_NO_ROOM_FOR_THE_PATH = {
    errno.EEXIST,  # a parent of the path is another object's file
    errno.ENOTDIR,
    errno.EISDIR,  # the path is a folder of other objects
    errno.ENOTEMPTY,
    errno.ENAMETOOLONG,
    errno.EINVAL,  # not a name for this file system
    errno.EILSEQ,
    errno.EXDEV,  # another file system is mounted there
}


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that the plain files don't show yet: a body at `place`, or a deletion if `place` is None."""

    seq: int
    bucket: str
    key: str
    place: Place | None
    staged: str | None
    stored_us: int
    """When it was made, in microseconds since 1970: the time of its plain file."""


@dataclass(slots=True)
class Copy:
    """A body on its way: a file in staging, `file` still to be waited for unless None."""

    path: Path
    file: BinaryIO | None
    is_link: bool = False
    """Another name of a staged file."""
    is_gone: bool = False

    def settle(self) -> None:
        """Wait until it is on disk; raises OSError."""
        if self.file is not None:
            file, self.file = self.file, None
            with file:
                durable.sync_file(file)

    def move(self, target: str | Path) -> None:
        """Put it in the place of `target`; raises OSError."""
        self.path.replace(target)
        self.is_gone = not self.is_link  # both names of one file would stay

    def drop(self) -> None:
        """Remove what is left of it."""
        if self.file is not None:
            self.file.close()
        if not self.is_gone:
            self.path.unlink(missing_ok=True)


class Tree:
    """Bring plain files up to date, one change at a time and one thread at a time."""

    def __init__(self, folder: DataFolder, rules: placement.PathRules) -> None:
        self._folder = folder
        self._rules = rules
        self._changed: set[Path] = set()
        self._ours: dict[str, bool] = {}
        """Folders seen since the last `sync`, and whether they are where their names say, not behind a symlink."""

    def copy(self, pending: Pending, connection: sqlite3.Connection) -> Copy | None:
        """Begin to write the body of `pending` and return the copy to `publish`; raises OSError.

        None if there is no body: `pending` is a deletion, or was superseded meanwhile.
        """
        if pending.place is None:
            return None
        if pending.staged is not None:
            return self._link(self._folder.staging / pending.staged, pending.stored_us)
        row = connection.execute(_BODY, (pending.seq,)).fetchone()
        if row is None:
            return None
        name, file = self._folder.new_staged(PUBLISHED_PREFIX)
        copy = Copy(self._folder.staging / name, file)
        try:
            file.write(row[0])
            durable.begin_sync(file)
            set_time(copy.path, pending.stored_us)
        except BaseException:
            copy.drop()
            raise
        return copy

    def publish(self, pending: Pending, copy: Copy | None) -> Place | None:
        """Make `copy` the plain file, or remove that, and return where the body is now, None if there is none.

        A change superseded meanwhile is passed over. Durable after `sync`; raises OSError.
        """
        if pending.place is None:
            self._remove(pending.bucket, pending.key)
        if copy is None:
            return None
        copy.settle()
        return self._move(copy, pending.bucket, pending.key)

    def remove_bucket(self, bucket: str) -> None:
        """Remove the folder of a deleted bucket, unless someone put files of their own there; durable after `sync`."""
        self._ours.clear()
        with contextlib.suppress(OSError):
            (self._folder.root / bucket).rmdir()
        self._changed.add(self._folder.root)

    def sync(self) -> None:
        """Wait until everything published so far is on disk; raises OSError."""
        for folder in self._changed:
            # Gone: its last file was removed, and its parent is among the changed.
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                durable.sync_folder(folder)
        self._changed.clear()
        self._ours.clear()

    def _link(self, staged: Path, stored_us: int) -> Copy | None:
        # A second name, not a move: readers find the first until the row names the plain file.
        copy = staged.with_name(f"{PUBLISHED_PREFIX}-{staged.name}")
        copy.unlink(missing_ok=True)
        try:
            link_or_copy(staged, copy)
            set_time(copy, stored_us)
        except FileNotFoundError:
            return None
        return Copy(copy, None, is_link=True)

    def _move(self, copy: Copy, bucket: str, key: str) -> Place:
        path = placement.plain_path(bucket, key, self._rules)
        odd = self._folder.odd_path(bucket, key)
        if path is not None and self._move_into_tree(copy, path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(odd)
            return Place.TREE
        copy.move(odd)
        self._changed.add(self._folder.odd)
        return Place.ODD

    def _move_into_tree(self, copy: Copy, path: tuple[str, ...]) -> bool:
        folder, name = "/".join((str(self._folder.root), *path[:-1])), path[-1]
        try:
            if not self._is_ours(folder) or _is_no_file(plain := f"{folder}/{name}"):
                return False
            copy.move(plain)
        except OSError as error:
            if error.errno in _NO_ROOM_FOR_THE_PATH:
                return False
            raise
        return True

    def _is_ours(self, folder: str) -> bool:
        """Make the folder if it isn't there, and return whether no symlink leads it elsewhere; raises OSError."""
        if folder not in self._ours:
            path = Path(folder)
            is_ours = os.path.realpath(folder) == str(path)
            if is_ours:
                path.mkdir(parents=True, exist_ok=True)
                # All of them: a process that was killed may have made a folder whose name is not on disk yet.
                self._changed.update(each for each in (path, *path.parents) if each.is_relative_to(self._folder.root))
            self._ours[folder] = is_ours
        return self._ours[folder]

    def _remove(self, bucket: str, key: str) -> None:
        path = placement.plain_path(bucket, key, self._rules)
        plain = None if path is None else self._folder.tree_path(path)
        if plain is not None and not plain.is_dir():
            # Absent if never published, or if another object's file stands where a folder would.
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                plain.unlink()
            self._remove_empty(plain.parent, self._folder.root / bucket)
        odd = self._folder.odd_path(bucket, key)
        odd.unlink(missing_ok=True)
        self._changed.add(odd.parent)

    def _remove_empty(self, folder: Path, bucket_folder: Path) -> None:
        self._ours.clear()
        while folder != bucket_folder:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass  # an earlier attempt got this far
            except OSError:
                break  # not empty
            folder = folder.parent
        self._changed.add(folder)


def _is_no_file(path: str) -> bool:
    """Tell whether a folder or a symlink is there, which Windows would call a lack of permission."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def link_or_copy(source: Path, target: Path) -> None:
    """Give the durable file `source` a second name, or a durable copy where there are no links; raises OSError."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except (OSError, NotImplementedError):
        shutil.copyfile(source, target)
        with target.open("r+b") as file:
            durable.sync_file(file)
