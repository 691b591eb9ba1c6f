"""The lines of a commit message by which the service finds its position again.

https://git-scm.com/docs/git-interpret-trailers describes their form. They are read line by line rather than
with `%(trailers)`: a forge's "squash and merge" moves them into the middle of a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

INSTANCE = "Dvc-Sync-Instance"
SEQ = "Dvc-Sync-Seq"
_LINE = re.compile(rf"^[ \t]*({INSTANCE}|{SEQ}):[ \t]*(\S+)[ \t\r]*$", re.MULTILINE)


def format_trailers(instance: str, seq: int) -> str:
    r"""Return the machine's trailers, one a line, to stand in a message's last paragraph.

    >>> format_trailers("5f0c", 12)
    'Dvc-Sync-Instance: 5f0c\nDvc-Sync-Seq: 12\n'
    """
    return f"{INSTANCE}: {instance}\n{SEQ}: {seq}\n"


def parse_seq(message: str, instance: str) -> int | None:
    r"""Return the highest seq that `message` carries for `instance`; a seq belongs to the instance named above it.

    >>> parse_seq("two commits in one\n\n" + format_trailers("5f0c", 12) + format_trailers("77aa", 40), "5f0c")
    12
    >>> parse_seq("fix typo", "5f0c") is None
    True
    """
    named, highest = "", None
    for match in _LINE.finditer(message):
        key, value = match.groups()
        if key == INSTANCE:
            named = value
        elif named == instance and value.isascii() and value.isdecimal():
            highest = max(int(value), highest or 0)
    return highest


def highest_seq(messages: Iterable[str], instance: str) -> int | None:
    """Return the highest seq that any of `messages` carries for `instance`, None if none does."""
    seqs = (parse_seq(message, instance) for message in messages)
    return max((seq for seq in seqs if seq is not None), default=None)
