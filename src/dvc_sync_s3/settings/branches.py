"""Names of branches, as Git takes them."""

from __future__ import annotations

import re

_PREFIX = "refs/heads/"
_NEVER = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)|^[./-]|[./]$|^@$|^HEAD$|^refs/")


def branch_name(value: str) -> str:
    """Return a branch's name without `refs/heads/`; raise ValueError for what `git branch` refuses.

    The rules are those of https://git-scm.com/docs/git-check-ref-format, with --branch.

    >>> branch_name("refs/heads/main"), branch_name("team/labels")
    ('main', 'team/labels')
    """
    name = value.removeprefix(_PREFIX)
    if not name or _NEVER.search(name):
        raise ValueError("must be the name of a branch, such as main or team/labels, as `git branch` takes it")
    return name
