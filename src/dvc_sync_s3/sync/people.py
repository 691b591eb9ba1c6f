"""How annotators are named in Git: with their address, under another one, or without any."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dvc_sync_s3.dataset.model import Annotator, Touched
from dvc_sync_s3.git.model import Author
from dvc_sync_s3.sync.forge_words import harmless

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
    annotators = {who for each in touched if (who := each.annotator)}
    named = names(annotators, co_authors, proper)
    if co_authors is CoAuthors.OFF:
        return People(named, ())
    addressed = _addressed(annotators)
    found = zip(addressed, proper([Author(_own(who), who.email) for who in addressed]), strict=True)
    by_email = {author.email: named[who] for who, author in found if _is_email(author.email)}
    return People(named, tuple(f"{harmless(by_email[email])} <{email}>" for email in sorted(by_email)))


def names(annotators: Iterable[Annotator], co_authors: CoAuthors, proper: Proper) -> dict[Annotator, str]:
    """Return what to call each annotator: a name, or an address where addresses may be told, or someone."""
    everyone = set(annotators)
    if co_authors is CoAuthors.OFF:
        return {who: one_line(_without_address(who.name)) or _NAMELESS for who in everyone}
    addressed = _addressed(everyone)
    found = zip(addressed, proper([Author(_own(who), who.email) for who in addressed]), strict=True)
    return {who: _own(who) for who in everyone} | {who: one_line(author.name) or _own(who) for who, author in found}


def _addressed(annotators: Iterable[Annotator]) -> list[Annotator]:
    return sorted((who for who in annotators if _is_email(who.email)), key=lambda who: (who.email, who.name))


def _own(who: Annotator) -> str:
    return one_line(who.name) or one_line(who.email) or _NAMELESS


def one_line(text: str) -> str:
    r"""Return `text` as one printable line of at most 80 characters.

    >>> one_line("Ann\n<Lee>")
    'Ann Lee'
    """
    visible = "".join(each if each.isprintable() and each not in "<>" else " " for each in text)
    return " ".join(visible.split())[:_LONGEST_NAME]


def _is_email(text: str) -> bool:
    # An address can't be rewritten: one that a forge may obey is taken for none.
    return text.isprintable() and _EMAIL.fullmatch(text) is not None and harmless(text) == text


def _without_address(name: str) -> str:
    return "" if "@" in name else name
