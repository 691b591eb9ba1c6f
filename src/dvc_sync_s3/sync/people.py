"""How annotators are named in Git: with their address, under another one, or without any."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dvc_sync_s3.dataset.model import Annotator, Touched
from dvc_sync_s3.git.model import Author

_LONGEST_NAME = 80
_EMAIL = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}")
_NAMELESS = "someone"


class CoAuthors(StrEnum):
    """Whether annotators are a commit's co-authors."""

    ON = "on"
    OFF = "off"
    """No address of theirs gets into Git."""


@dataclass(frozen=True, slots=True)
class People:
    """The annotators of one commit as Git is to know them."""

    names: Mapping[Annotator, str]
    co_authors: tuple[str, ...]
    """`Name <address>`, sorted by address, each once."""


Proper = Callable[[Sequence[Author]], Sequence[Author]]
"""Gives people, in their order, the names and addresses of a mailmap."""


def people(touched: Iterable[Touched], co_authors: CoAuthors, proper: Proper) -> People:
    """Return how to name the annotators of `touched`.

    >>> from dvc_sync_s3.dataset.model import Outcome, RecordId
    >>> one = Touched(Outcome.ADDED, RecordId(4, 84), 7, Annotator("Ann", "ann@example.com"), ())
    >>> people([one], CoAuthors.ON, list).co_authors, people([one], CoAuthors.OFF, list).co_authors
    (('Ann <ann@example.com>',), ())
    """
    annotators = sorted({who for each in touched if (who := each.annotator)}, key=lambda who: (who.email, who.name))
    if co_authors is CoAuthors.OFF:
        return People({who: one_line(_without_address(who.name)) or _NAMELESS for who in annotators}, ())
    names = {who: one_line(who.name) or one_line(who.email) or _NAMELESS for who in annotators}
    addressed = [who for who in annotators if _is_email(who.email)]
    found = proper([Author(names[who], who.email) for who in addressed])
    names |= {who: one_line(author.name) or names[who] for who, author in zip(addressed, found, strict=True)}
    by_email = {author.email: names[who] for who, author in zip(addressed, found, strict=True)}
    return People(names, tuple(f"{by_email[email]} <{email}>" for email in sorted(by_email) if _is_email(email)))


def one_line(text: str) -> str:
    r"""Return `text` as one printable line of at most 80 characters.

    >>> one_line("Ann\n<Lee>")
    'Ann Lee'
    """
    visible = "".join(each if each.isprintable() and each not in "<>" else " " for each in text)
    return " ".join(visible.split())[:_LONGEST_NAME]


def _is_email(text: str) -> bool:
    return text.isprintable() and _EMAIL.fullmatch(text) is not None


def _without_address(name: str) -> str:
    return "" if "@" in name else name
