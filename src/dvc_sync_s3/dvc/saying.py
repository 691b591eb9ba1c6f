"""What DVC's errors say, without what they quote of the repository's files: a quoted line may hold a password."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

_MOST_LETTERS = 500
_QUOTED_LINE = re.compile(r"Invalid line \(.*\) \(")  # ConfigObj's; its other messages name a line by its number alone
_BEFORE_HOST = re.compile(r"(\w://)[^\s'\"/@:]*(?::[^\s'\"]*)?@")
_WITHOUT_SCHEME = re.compile(r"(?<![^\s'\"/])[^\s'\"/@:]+:[^\s'\"/@]+@")


def said_by(error: BaseException) -> str:
    r"""Return what an exception says, on one line, without passwords and without the text of the file it is about.

    >>> said_by(ValueError("Invalid line ('password x') (matched as neither section nor keyword) at line 5."))
    'Invalid line (matched as neither section nor keyword) at line 5.'
    """
    text = _of_yaml(error) if isinstance(error, MarkedYAMLError) else str(error)
    return without_passwords(_QUOTED_LINE.sub("Invalid line (", " ".join(text.split())))[:_MOST_LETTERS]


def without_passwords(text: str) -> str:
    """Return a text in which what stands before the host of an address is `***`.

    >>> without_passwords("webdavs://ann:pa/ss@host/x is no remote"), without_passwords("/mnt/ann:pass@host/x")
    ('webdavs://***@host/x is no remote', '/mnt/***@host/x')
    """
    return _WITHOUT_SCHEME.sub("***@", _BEFORE_HOST.sub(r"\1***@", text))


def _of_yaml(error: MarkedYAMLError) -> str:
    """Return a YAML error without the line that it shows."""
    mark = error.problem_mark
    place = f"(line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return " ".join(part for part in (error.context, error.problem, place) if part)
