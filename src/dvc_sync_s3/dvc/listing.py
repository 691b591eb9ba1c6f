"""The listing of a tracked folder: DVC's `.dir` object, held as the one text it is and changed in place.

A million entries are 74 MB of text and 1.5 GB of Python objects. DVC compares listings by the md5 of their bytes, so
these are exactly what `json.dumps(entries, sort_keys=True)` gives for the entries in order of their paths.
https://github.com/iterative/dvc-data/blob/main/src/dvc_data/hashfile/tree.py (`Tree.as_bytes`)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hashlib import _Hash

_START = b'{"md5": "'
_MIDDLE = b'", "relpath": '
_MD5_BYTES = 32
_NAME_AT = len(_START) + _MD5_BYTES + len(_MIDDLE)
_GAP = b", "
_TEXT = rb'"(?:[ !#-\[\]-~]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*"'
_ENTRY = re.compile(rb'\{"md5": "([0-9a-f]{32})", "relpath": (' + _TEXT + rb")\}(?:, (?=\{)|(?=\]\Z))")
_STATE_BYTES = 1 << 20
_NO_PART = frozenset({"", ".", ".."})


class NotAListing(ValueError):
    """Say in a few words why bytes are no listing of a folder."""


class Entry(NamedTuple):
    """A file of the folder: its path below the folder, parts joined by `/`, and the md5 of its content."""

    relpath: str
    md5: str


class Listing:
    """The files of a tracked folder, in order of their paths."""

    def __init__(self) -> None:
        self._text = bytearray(b"[]")
        self._count = 0
        self._states: list[_Hash] = []
        """md5 states: of the first MiB, the first two MiB, …"""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Listing:
        """Return the listing of `entries`, in any order; of two with the same path the last counts.

        >>> bytes(Listing.of([Entry("b", "0" * 32)]).content())
        b'[{"md5": "00000000000000000000000000000000", "relpath": "b"}]'
        """
        by_path = dict(sorted(dict(entries).items()))
        listing = cls()
        listing._text = bytearray(b"[" + _GAP.join(_entry(*each) for each in by_path.items()) + b"]")
        listing._count = len(by_path)
        return listing

    @classmethod
    def parse(cls, content: bytes) -> Listing:
        """Return the listing that `content` is, in whatever form it is written. Raises NotAListing."""
        listing = cls()
        if content == b"[]":
            return listing
        at, last = 1, ""
        for match in _ENTRY.finditer(content, 1):
            path = _decoded(match[2])
            if match.start() != at or path <= last or not _is_path(path):
                return cls.of(_parsed(content))
            at, last = match.end(), path
            listing._count += 1
        if not listing._count or content[:1] != b"[" or content[at:] != b"]":
            return cls.of(_parsed(content))
        listing._text = bytearray(content)
        return listing

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Entry]:
        return self.since("")

    def since(self, relpath: str) -> Iterator[Entry]:
        """Yield the entries from the path `relpath` on; the listing must not change meanwhile."""
        start = self._find(relpath)
        while start < len(self._text) - 1:
            end = self._end_of(start)
            yield Entry(self._name(start, end), self._md5(start))
            start = end + len(_GAP)

    def get(self, relpath: str) -> str | None:
        """Return the md5 of the file's content, None if the folder has no such file."""
        start = self._find(relpath)
        return self._md5(start) if self._is_at(start, relpath) else None

    def put(self, relpath: str, md5: str) -> None:
        """Set the md5 of the file's content; raises ValueError for what can't be a path below a folder or an md5."""
        if not _is_path(relpath) or not re.fullmatch(r"[0-9a-f]{32}", md5):
            raise ValueError(f"{relpath!r} with {md5!r} can't be an entry of a folder's listing")
        start = self._find(relpath)
        if self._is_at(start, relpath):
            at = start + len(_START)
            self._text[at : at + _MD5_BYTES] = md5.encode()
        else:
            self._insert(start, _entry(relpath, md5))
            self._count += 1
        self._changed(start)

    def remove(self, relpath: str) -> None:
        """Take a file out of the listing, if it is there."""
        start = self._find(relpath)
        if not self._is_at(start, relpath):
            return
        end = self._end_of(start)
        self._count -= 1
        if end < len(self._text) - 1:
            end += len(_GAP)
        elif self._count:
            start -= len(_GAP)
        del self._text[start:end]
        self._changed(start)

    def md5(self) -> str:
        """Return the md5 of the text, in hexadecimal; the folder's version is this with `.dir` behind it."""
        state = self._states[-1].copy() if self._states else hashlib.md5(usedforsecurity=False)
        with memoryview(self._text) as text:
            for at in range(len(self._states) * _STATE_BYTES, len(text), _STATE_BYTES):
                state.update(text[at : at + _STATE_BYTES])
                if at + _STATE_BYTES <= len(text):
                    self._states.append(state.copy())
        return state.hexdigest()

    def content(self) -> memoryview:
        """Return the text, as DVC stores it. Release it before the listing changes."""
        return memoryview(self._text)

    def _find(self, relpath: str) -> int:
        """Return where the entry stands, or where it belongs."""
        low, high = 1, len(self._text) - 1
        while low < high:
            # The sequence can stand in no name: there, every quote follows a backslash.
            start = self._text.rfind(_START, low, (low + high) // 2 + len(_START))
            start = low if start < 0 else start
            end = self._end_of(start)
            if self._name(start, end) < relpath:
                low = min(end + len(_GAP), len(self._text) - 1)
            else:
                high = start
        return low

    def _is_at(self, start: int, relpath: str) -> bool:
        return start < len(self._text) - 1 and self._name(start, self._end_of(start)) == relpath

    def _end_of(self, start: int) -> int:
        following = self._text.find(_START, start + _NAME_AT)
        return len(self._text) - 1 if following < 0 else following - len(_GAP)

    def _md5(self, start: int) -> str:
        at = start + len(_START)
        return self._text[at : at + _MD5_BYTES].decode()

    def _name(self, start: int, end: int) -> str:
        return _decoded(self._text[start + _NAME_AT : end - 1])

    def _insert(self, at: int, entry: bytes) -> None:
        is_last = at == len(self._text) - 1
        if not self._count:
            self._text[at:at] = entry
        elif is_last:
            self._text[at:at] = _GAP + entry
        else:
            self._text[at:at] = entry + _GAP

    def _changed(self, at: int) -> None:
        del self._states[at // _STATE_BYTES :]


def _entry(relpath: str, md5: str) -> bytes:
    return _START + md5.encode() + _MIDDLE + json.dumps(relpath).encode() + b"}"


def _decoded(text: bytes | bytearray) -> str:
    return text[1:-1].decode() if b"\\" not in text else str(json.loads(text))


def _is_path(relpath: str) -> bool:
    return _NO_PART.isdisjoint(relpath.split("/"))


def _parsed(content: bytes) -> Iterator[Entry]:
    try:
        elements = json.loads(content)
    except (ValueError, RecursionError):
        raise NotAListing("it is no JSON") from None
    if not isinstance(elements, list):
        raise NotAListing("it is no list")
    for element in elements:
        fields = element if isinstance(element, dict) else {}
        relpath, md5 = fields.get("relpath"), fields.get("md5")
        if not isinstance(relpath, str) or not _is_path(relpath):
            raise NotAListing(f"{str(element)[:80]} has no path below the folder")
        if not isinstance(md5, str) or not re.fullmatch(r"[0-9a-f]{32}", md5):
            raise NotAListing(f"{relpath} has no md5")
        yield Entry(relpath, md5)
