"""Files at the tip, each looked up once: a cycle asks for the same few, and a commit of ours changes fewer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

RunGit = Callable[..., bytes]
"""Runs git in the clone: arguments in, what it prints out."""

_REGULAR = "100644"
_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file in a commit: its mode, as Git writes it, and the id of its content."""

    mode: str
    blob: str


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
        self._commit = commit

    def mode(self, path: str) -> str:
        """Return the mode that a file with new content has."""
        entry = self.entry(path)
        return _REGULAR if entry is None else entry.mode

    def entry(self, path: str) -> Entry | None:
        """Return the file's entry."""
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
        listing = self._run("ls-tree", "-z", "--full-tree", self._commit, "--", *unknown)
        self._entries |= dict.fromkeys(unknown)
        for row in listing.decode(errors="surrogateescape").split("\0"):
            head, _, path = row.partition("\t")
            if head.startswith("100"):
                mode, _, blob = head.split()
                self._entries[path] = Entry(mode, blob)


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
