"""What the server's branches are at, as `git ls-remote --symref` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_HEAD = "HEAD"


@dataclass(frozen=True, slots=True)
class Heads:
    """Commits by full ref; `default` is the ref that the server's HEAD names, None if it doesn't say."""

    commits: Mapping[str, str]
    default: str | None

    @property
    def of_default(self) -> str | None:
        """Return the default branch's commit, None in an empty repository."""
        return self.commits.get(_HEAD)


def parse_heads(answer: str) -> Heads:
    r"""Read what `git ls-remote --symref` prints.

    >>> parse_heads("ref: refs/heads/main\tHEAD\n8a31\tHEAD\n8a31\trefs/heads/main\n")
    Heads(commits={'HEAD': '8a31', 'refs/heads/main': '8a31'}, default='refs/heads/main')
    """
    rows = [line.split("\t") for line in answer.splitlines() if "\t" in line]
    default = next((what[5:] for what, name in rows if what.startswith("ref: ") and name == _HEAD), None)
    return Heads({name: what for what, name in rows if not what.startswith("ref: ")}, default)
