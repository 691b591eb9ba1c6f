"""Files at the tip, each looked up once: a cycle asks for the same few, and a commit of ours changes fewer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

RunGit = Callable[..., bytes]
"""Runs git in the clone: arguments in, what it prints out."""

_REGULAR = "100644"
_SHA256_DIGITS = 64


class Sort(StrEnum):
    """What Git has at a path."""

    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a symbolic link"
    SUBMODULE = "a submodule"


_SORTS = {"100": Sort.FILE, "040": Sort.FOLDER, "120": Sort.LINK, "160": Sort.SUBMODULE}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a commit: its mode, as Git writes it, and the id of its content."""

    mode: str
    blob: str

    @property
    def sort(self) -> Sort:
        """Return what it is."""
        return _SORTS[self.mode[:3]]


class Files:
    """The regular files of one commit; None stands for what isn't there or is none."""

    def __init__(self, run: RunGit) -> None:
        self._run = run
        self._commit = ""
        self._entries: dict[str, Entry | None] = {}
        self._contents: dict[str, bytes | None] = {}

    def move(self, commit: str, parent: str = "", changed: Mapping[str, bytes | None] | None = None) -> None:
        """Be about `commit`; if it is known what it `changed` of the `parent`, the rest needs no looking up."""
        if commit == self._commit:
            return
        if changed is None or parent != self._commit:
            self._entries.clear()
            self._contents.clear()
            changed = {}
        for path, content in changed.items():
            self._entries[path] = None if content is None else Entry(self.mode(path), blob_id(content, commit))
            self._contents[path] = content
            for folder in PurePosixPath(path).parents:
                self._entries.pop(str(folder), None)
        self._commit = commit

    def mode(self, path: str) -> str:
        """Return the mode that a file with new content has."""
        entry = self.entry(path)
        return _REGULAR if entry is None else entry.mode

    def entry(self, path: str) -> Entry | None:
        """Return the file's entry."""
        entry = self._entry(path)
        return entry if entry is not None and entry.sort is Sort.FILE else None

    def sort(self, path: str) -> Sort | None:
        """Return what is at a path, whatever it is; None if nothing is."""
        entry = self._entry(path)
        return None if entry is None else entry.sort

    def _entry(self, path: str) -> Entry | None:
        self.look_up((path,))
        return self._entries[path]

    def read(self, path: str) -> bytes | None:
        """Return the file's content."""
        if path not in self._contents:
            entry = self.entry(path)
            self._contents[path] = None if entry is None else self._run("cat-file", "blob", entry.blob)
        return self._contents[path]

    def look_up(self, paths: Iterable[str]) -> None:
        """Look up several files at once."""
        unknown = [path for path in paths if path not in self._entries]
        if not unknown:
            return
        listing = self._run("ls-tree", "-z", "-t", "--full-tree", self._commit, "--", *unknown)
        found = parse_listing(listing)
        self._entries |= {path: found.get(path) for path in unknown}


def parse_listing(listing: bytes) -> dict[str, Entry]:
    r"""Return what `git ls-tree -z` prints, by path.

    >>> parse_listing(b"120000 blob 5f0c\tdata\0")
    {'data': Entry(mode='120000', blob='5f0c')}
    """
    found: dict[str, Entry] = {}
    for row in listing.decode(errors="surrogateescape").split("\0")[:-1]:
        head, _, path = row.partition("\t")
        mode, _, blob = head.split()
        found[path] = Entry(mode, blob)
    return found


def object_format(object_id: str) -> str:
    """Return which hash a repository's ids are of, as `git init --object-format` names it.

    >>> object_format("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"), object_format("0" * 64)
    ('sha1', 'sha256')
    """
    return "sha256" if len(object_id) == _SHA256_DIGITS else "sha1"


def blob_id(content: bytes, like: str) -> str:
    """Return the id under which Git has this content in a repository that has the id `like`.

    https://git-scm.com/docs/hash-function-transition

    >>> blob_id(b"", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    return hashlib.new(object_format(like), b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
