"""A commit of ours, and what `git fast-import` is told to make it (https://git-scm.com/docs/git-fast-import)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dvc_sync_s3.git.trailers import parse_seq

MADE = "refs/dvc-sync/made"
"""The ref that fast-import lets hold the commit it makes."""
_MARK = b":1"


@dataclass(frozen=True, slots=True)
class Change:
    """A file as it shall be: its mode as Git writes it, and its content; None to remove it."""

    path: str
    mode: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Identities:
    """An author and a committer as Git writes them, without the time: `Name <email>`."""

    author: str
    committer: str


@dataclass(frozen=True, slots=True)
class Made:
    """A commit that we built, and what it changes of its parent."""

    commit: str
    parent: str
    files: Mapping[str, bytes | None]
    message: str

    def position(self, instance: str, before: int | None) -> int | None:
        r"""Return the highest seq in its history for `instance`, if `before` is that of its parent's.

        >>> made = Made("c0ffee", "5eed", {}, "Dvc-Sync-Instance: 5f0c\nDvc-Sync-Seq: 12\n")
        >>> made.position("5f0c", None), made.position("5f0c", 40), made.position("77aa", None)
        (12, 40, None)
        """
        own = parse_seq(self.message, instance)
        return before if own is None else max(own, before or 0)


def import_stream(parent: str, by: Identities, message: str, changes: Sequence[Change]) -> bytes:
    r"""Return the stream that makes a commit on `parent` with these `changes` and lets its id be printed.

    >>> by = Identities("A <a@example.org>", "B <b@example.org>")
    >>> print(import_stream("e69de29", by, "remove it", [Change("data/old.dvc", "100644", None)]).decode())
    commit refs/dvc-sync/made
    mark :1
    author A <a@example.org> now
    committer B <b@example.org> now
    data 10
    remove it
    <BLANKLINE>
    from e69de29
    D "data/old.dvc"
    <BLANKLINE>
    get-mark :1
    done
    <BLANKLINE>
    """
    head = f"author {by.author} now\ncommitter {by.committer} now\n".encode()
    told = message if message.endswith("\n") else f"{message}\n"
    begin = b"commit %b\nmark %b\n%b%bfrom %b\n" % (MADE.encode(), _MARK, head, _data(told.encode()), parent.encode())
    return b"".join([begin, *map(_line, changes), b"\nget-mark %b\ndone\n" % _MARK])


def _line(change: Change) -> bytes:
    path = _quoted(change.path)
    if change.content is None:
        return b"D %b\n" % path
    return b"M %b inline %b\n%b" % (change.mode.encode(), path, _data(change.content))


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    r"""Return a path in quotes as C has them, so that nothing in it ends the line.

    >>> _quoted('a "b"\n')
    b'"a \\042b\\042\\012"'
    """
    escaped = (b"\\%03o" % byte if byte < 0x20 or byte in b'"\\' else bytes([byte]) for byte in path.encode())
    return b'"%b"' % b"".join(escaped)
