"""Where the team's repository is and who we are in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_TOKEN = re.compile(r"(gh[oprsu]_|github_pat_|gl[a-z]{2,6}-|ATBB|ATCTT|ATATT)\w{10}")
"""How the tokens of GitHub, GitLab and Bitbucket begin."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What Git's server asks for over HTTP; never printed."""

    username: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ssh:
    """How ssh connects: with which private key, and which servers' keys are known; None is as the user's ssh does."""

    key_file: Path | None = None
    known_hosts_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Signing:
    """What commits are signed with; None is what the user's own Git configuration says.

    `key` as Git's user.signingKey, `format` as its gpg.format: https://git-scm.com/docs/git-config
    """

    is_wanted: bool | None = None
    key: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class MessageRules:
    """What the team's server asks of a commit's message: what its first line begins with, and a sign-off."""

    prefix: str = ""
    signs_off: bool = False


class HostKind(StrEnum):
    """Whose merge requests."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    """Forgejo too."""


@dataclass(frozen=True, slots=True)
class Proposing:
    """Commits go to a side branch, and a merge request asks for it to be merged into the branch."""

    side_branch: str
    kind: HostKind
    api_url: str


@dataclass(frozen=True, slots=True)
class Repository:
    """The team's repository on its server; `url` carries neither name nor secret.

    `username`: the name before the @ of its address, for the user's own credential helper. `committer`: None is the
    author. `mailmap`: a file in the form of https://git-scm.com/docs/gitmailmap. `umask`: that of pushes, which
    write to a repository that is a folder; None is this process's.
    """

    url: str
    branch: str
    author: Author
    credentials: Credentials | None = None
    username: str | None = None
    committer: Author | None = None
    ssh: Ssh = Ssh()
    signing: Signing = Signing()
    message_rules: MessageRules = MessageRules()
    mailmap: Path | None = None
    proposing: Proposing | None = None
    umask: int | None = None


@dataclass(frozen=True, slots=True)
class Tip:
    """The commit our next one is built on, as read from the server.

    `made_from`: the name of the default branch, whose `commit` is, if the server has no such branch: our push makes it.
    `awaits_merge`: the commit is a side branch's, which its target doesn't contain yet.
    `set_aside`: what stood at the clone's place and wasn't ours, at its new name.
    """

    commit: str
    made_from: str | None = None
    awaits_merge: bool = False
    set_aside: Path | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a repository as people write it, taken apart; `username` and `token` stood before the @."""

    url: str
    username: str | None = None
    token: str | None = field(default=None, repr=False)


def read_address(url: str) -> Address:
    """Separate an HTTP URL from the name and the token before its @; other addresses come back as they are.

    >>> read_address("https://ann:s3cret@git.example.com/team/data.git")
    Address(url='https://git.example.com/team/data.git', username='ann')
    >>> read_address("git@git.example.com:team/data.git")
    Address(url='git@git.example.com:team/data.git', username=None)

    A name alone is a user's, unless it begins as a forge's tokens do: a forge takes its token with any name.
    """
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if parts.scheme not in {"http", "https"} or not at:
        return Address(url)
    name, _, token = userinfo.partition(":")
    if not token and _TOKEN.match(name):
        name, token = "", name
    return Address(parts._replace(netloc=host).geturl(), unquote(name) or None, unquote(token) or None)


def is_ssh(url: str) -> bool:
    """Tell whether Git reaches `url` by ssh.

    >>> is_ssh("git@git.example.com:team/data.git"), is_ssh("ssh://git.example.com/data.git"), is_ssh("/srv/data.git")
    (True, True, False)
    """
    if "://" in url:
        return urlsplit(url).scheme in {"ssh", "git+ssh", "ssh+git"}
    host, colon, _ = url.partition(":")
    return bool(colon) and "/" not in host and len(host) > 1


def without_secrets(text: str, credentials: Credentials | None) -> str:
    """Replace the credentials' secrets, and whatever stands before the @ of an HTTP URL, by `***`.

    >>> without_secrets("fatal: unable to access 'https://ann:pw@host/x'", None)
    "fatal: unable to access 'https://***@host/x'"
    """
    if credentials is not None and credentials.token:
        text = text.replace(credentials.token, "***").replace(quote(credentials.token, safe=""), "***")
    return re.sub(r"(https?://)[^/@\s]+@", r"\1***@", text, flags=re.IGNORECASE)
