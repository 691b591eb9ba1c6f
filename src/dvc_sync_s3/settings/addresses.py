"""Addresses that people write into settings, looked at before anything of them is printed: they may hold a password."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PASSWORD_BEFORE_HOST = re.compile(r"[^@/.~][^@]*:[^@]*@")


def repository_address(value: str) -> str:
    """Return the address of a Git repository; raise ValueError, without repeating it, if a part of it is ambiguous.

    A name or token whose `/`, `#` or `?` isn't percent-encoded ends the host too early: what follows would be taken
    for the path and printed. See https://www.rfc-editor.org/rfc/rfc3986#section-3.2.

    >>> repository_address("https://ann:t0ken@git.example.com/team/data.git")
    'https://ann:t0ken@git.example.com/team/data.git'
    >>> repository_address("https://ann:pa/ss@git.example.com/team/data.git")
    Traceback (most recent call last):
    ...
    ValueError: must have the special characters of name and token percent-encoded (%2F for /, ...
    """
    if not _SCHEME.match(value):
        if _PASSWORD_BEFORE_HOST.match(value):
            raise ValueError("must begin with https:// when it holds a name and a token")
        return value
    scheme = value.partition("://")[0].lower()
    if scheme in {"http", "https"} and not _is_clear(value):
        raise ValueError(
            "must have the special characters of name and token percent-encoded (%2F for /, %23 for #, %3F for ?, "
            "%40 for @), and no ? or # elsewhere; or leave both out and set GIT_PAT_NAME and GIT_PAT_TOKEN"
        )
    if scheme not in {"http", "https"} and holds_password(value):
        raise ValueError(f"must not hold a password: {scheme} takes none from an address")
    return value


def without_password(value: str, instead: str) -> str:
    """Return an address that holds no password; raise ValueError naming the setting to use `instead`.

    >>> without_password("s3://bucket/path", "X"), without_password("ssh://me@host:22/a@b", "X")
    ('s3://bucket/path', 'ssh://me@host:22/a@b')
    """
    if holds_password(value):
        raise ValueError(f"must not hold a password: put it into {instead}")
    return value


def holds_password(url: str) -> bool:
    """Tell whether an address with a scheme has a password before its host, also one that isn't percent-encoded.

    >>> [holds_password(f"webdav://{rest}") for rest in ("u:p@host/x", "u:p/q@host/x", "u@host/x", "host:80/a@b")]
    [True, True, False, False]
    """
    authority, rest = _authority(url)
    userinfo, at, host = authority.rpartition("@")
    if at:
        return ":" in userinfo
    return "@" in rest and not _has_clear_port(host)


def _authority(url: str) -> tuple[str, str]:
    after = url.partition("://")[2]
    end = next((at for at, character in enumerate(after) if character in "/?#\\"), len(after))
    return after[:end], after[end:]


def _has_clear_port(host: str) -> bool:
    return bool(re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(:\d*)?", host))


def _is_clear(url: str) -> bool:
    authority, rest = _authority(url)
    host = authority.rpartition("@")[2]
    if not host or not _has_clear_port(host) or re.search(r"[@?#\\\s]", rest) or re.search(r"\s", authority):
        return False
    try:
        urlsplit(url)
    except ValueError:  # such as brackets that don't stand around an IPv6 address
        return False
    return True
