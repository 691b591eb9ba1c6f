"""What the server's branches are at, as `git ls-remote --symref` tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

_HEAD = "HEAD"
_BRANCHES = "refs/heads/"
_ALIKE = 0.75
"""How alike two names are at least, by difflib's ratio, for one to be a misspelling of the other: main and mian."""


@dataclass(frozen=True, slots=True)
class Heads:
    """Commits by full ref; `default` is the ref that the server's HEAD names, None if it doesn't say."""

    commits: Mapping[str, str]
    default: str | None

    @property
    def of_default(self) -> str | None:
        """Return the default branch's commit, None in an empty repository."""
        return self.commits.get(_HEAD)

    @property
    def default_name(self) -> str:
        """Return the default branch's name, or HEAD if the server doesn't say it."""
        return (self.default or _HEAD).removeprefix(_BRANCHES)


def branches(answer: str) -> tuple[str, ...]:
    r"""Return the names of the branches that `git ls-remote --heads` prints.

    >>> branches("8a31\trefs/heads/main\n77fe\trefs/heads/team/labels\n")
    ('main', 'team/labels')
    """
    rows = (line.partition("\t")[2] for line in answer.splitlines())
    return tuple(name.removeprefix(_BRANCHES) for name in rows if name.startswith(_BRANCHES))


def nearest(branch: str, there: Iterable[str]) -> str | None:
    """Return the branch that a new one's name may be a misspelling of; names that differ in a number are not alike.

    >>> nearest("mian", ["dev", "main"]), nearest("origin/main", ["main"]), nearest("labels-12", ["labels-11"])
    ('main', 'main', None)
    """
    known = {_comparable(name): name for name in there if _DIGITS.sub("0", name) != _DIGITS.sub("0", branch)}
    found = get_close_matches(_comparable(branch), known, n=1, cutoff=_ALIKE)
    return known[found[0]] if found else None


_DIGITS = re.compile(r"\d+")


def _comparable(name: str) -> str:
    return name.removeprefix("origin/").casefold()


def parse_heads(answer: str) -> Heads:
    r"""Read what `git ls-remote --symref` prints.

    >>> parse_heads("ref: refs/heads/main\tHEAD\n8a31\tHEAD\n8a31\trefs/heads/main\n")
    Heads(commits={'HEAD': '8a31', 'refs/heads/main': '8a31'}, default='refs/heads/main')
    """
    rows = [line.split("\t") for line in answer.splitlines() if "\t" in line]
    default = next((what[5:] for what, name in rows if what.startswith("ref: ") and name == _HEAD), None)
    return Heads({name: what for what, name in rows if not what.startswith("ref: ")}, default)
