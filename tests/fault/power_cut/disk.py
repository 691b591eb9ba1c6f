"""A disk rebuilt from a journal, as a power cut at any point of it may leave it.

POSIX promises of a file's content only what was there at its last fsync, and of a folder's names only what was there
at the folder's last fsync. Of what came later anything may survive: all, nothing, or some of it.
https://pubs.opengroup.org/onlinepubs/9699919799/functions/fsync.html
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from pathlib import Path
from random import Random

SECTOR_BYTES = 512
_RECORD = struct.Struct("=IIIIQq")
_MAPPED = "-shm"
"""SQLite's shared memory is no content: it is made anew from the write-ahead log."""


class Kind(IntEnum):
    """What a record says was done; the numbers are those of `journal.c`."""

    CREATE = 1
    WRITE = 2
    TRUNCATE = 3
    RENAME = 4
    LINK = 5
    UNLINK = 6
    MKDIR = 7
    RMDIR = 8
    SYNC_FILE = 9
    SYNC_FOLDER = 10
    MARK = 11


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file that was on disk long before."""

    path: tuple[str, ...]
    inode: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One call; paths are relative to the journaled folder."""

    kind: Kind
    path: tuple[str, ...]
    to: tuple[str, ...]
    data: bytes
    inode: int
    offset: int


class Survivors(Enum):
    """What of the not yet synced survives."""

    NOTHING = auto()
    NAMES = auto()
    """All names; no content."""
    SOME = auto()
    """Of each folder the first few changes of names, of each file some sectors, in any order."""
    NAMES_AND_SOME = auto()
    """All names; of each file some sectors, in any order."""


@dataclass(slots=True, eq=False)
class _File:
    synced: bytes = b""
    pending: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        self.synced = _written(self.synced, self.pending)
        self.pending.clear()

    def content(self, survivors: Survivors, random: Random) -> bytes:
        if survivors in {Survivors.NOTHING, Survivors.NAMES}:
            return self.synced
        return _written(self.synced, list(_some(self.pending, random)))


_Names = dict[str, "_File | _Folder"]


@dataclass(slots=True, eq=False)
class _Folder:
    names: _Names = field(default_factory=dict)
    synced: _Names = field(default_factory=dict)
    pending: list[_Names] = field(default_factory=list)

    def changed(self) -> None:
        self.pending.append(dict(self.names))

    def sync(self) -> None:
        self.synced = dict(self.names)
        self.pending.clear()

    def surviving(self, survivors: Survivors, random: Random) -> _Names:
        if survivors is Survivors.NOTHING:
            return self.synced
        if survivors is Survivors.SOME:
            return random.choice([self.synced, *self.pending])
        return self.names


class Disk:
    """Follow the journal with `apply`; `rebuild` what a power cut at that point may leave."""

    def __init__(self, before: Iterable[OldFile]) -> None:
        """Begin with a folder that holds these files."""
        self._root = _Folder()
        self._inodes: dict[int, _File] = {}
        for old in before:
            self._add(old)

    def apply(self, call: Call) -> None:
        """Do what was done."""
        if call.kind in {Kind.WRITE, Kind.TRUNCATE}:
            self._inodes[call.inode].pending.append(call)
        elif call.kind is Kind.SYNC_FILE:
            self._inodes[call.inode].sync()
        elif call.kind is Kind.SYNC_FOLDER:
            self._folder(call.path).sync()
        elif call.kind is not Kind.MARK:
            self._name(call)

    def rebuild(self, target: Path, survivors: Survivors, random: Random) -> None:
        """Write into the empty or absent folder `target` what survives."""
        self._rebuild(self._root, target, survivors, random, {})

    def _name(self, call: Call) -> None:
        *parents, name = call.path
        folder = self._folder(parents)
        match call.kind:
            case Kind.CREATE:
                folder.names[name] = self._inodes[call.inode] = _File()
            case Kind.MKDIR:
                folder.names[name] = _Folder()
            case Kind.UNLINK | Kind.RMDIR:
                del folder.names[name]
            case Kind.LINK | Kind.RENAME:
                self._move(folder, name, call)
        folder.changed()

    def _move(self, folder: _Folder, name: str, call: Call) -> None:
        *to_parents, to_name = call.to
        to_folder = self._folder(to_parents)
        node = folder.names[name]
        if to_folder.names.get(to_name) is node:
            return  # rename(2): two links to one file stay as they are
        to_folder.names[to_name] = node
        if call.kind is Kind.RENAME:
            del folder.names[name]
        if to_folder is not folder:
            to_folder.changed()

    def _folder(self, path: Sequence[str]) -> _Folder:
        folder = self._root
        for name in path:
            below = folder.names[name]
            assert isinstance(below, _Folder)
            folder = below
        return folder

    def _add(self, old: OldFile) -> None:
        folder = self._root
        for name in old.path[:-1]:
            below = folder.names.setdefault(name, _Folder())
            assert isinstance(below, _Folder)
            folder.sync()
            folder = below
        folder.names[old.path[-1]] = self._inodes[old.inode] = _File(old.data)
        folder.sync()

    def _rebuild(
        self, folder: _Folder, target: Path, survivors: Survivors, random: Random, made: dict[_File, Path]
    ) -> None:
        target.mkdir(exist_ok=True)
        for name, node in folder.surviving(survivors, random).items():
            path = target / name
            if isinstance(node, _Folder):
                self._rebuild(node, path, survivors, random, made)
            elif node in made:
                os.link(made[node], path)
            elif not name.endswith(_MAPPED):
                path.write_bytes(node.content(survivors, random))
                made[node] = path


def read_journal(journal: Path, root: Path) -> Iterator[Call]:
    """Yield the calls in `journal`, which is about the folder `root`."""
    data = journal.read_bytes()
    at = 0
    while at < len(data):
        kind, path_bytes, to_bytes, data_bytes, inode, offset = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        texts = []
        for size in (path_bytes, to_bytes):
            texts.append(os.fsdecode(data[at : at + size]))
            at += size
        path, to = (Path(text).relative_to(root).parts if text else () for text in texts)
        yield Call(Kind(kind), path, to, data[at : at + data_bytes], inode, offset)
        at += data_bytes


def _written(content: bytes, calls: Sequence[Call]) -> bytes:
    if not calls:
        return content
    written = bytearray(content)
    for call in calls:
        end = call.offset + len(call.data)
        written.extend(bytes(max(0, end - len(written))))
        if call.kind is Kind.TRUNCATE:
            del written[end:]
        else:
            written[call.offset : end] = call.data
    return bytes(written)


def _some(calls: Sequence[Call], random: Random) -> Iterator[Call]:
    for call in calls:
        if call.kind is Kind.TRUNCATE:
            if random.random() < 0.5:
                yield call
            continue
        for start in range(0, len(call.data), SECTOR_BYTES):
            if random.random() < 0.5:
                piece = call.data[start : start + SECTOR_BYTES]
                yield Call(call.kind, (), (), piece, call.inode, call.offset + start)
