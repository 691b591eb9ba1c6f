"""Merge requests: GitLab's by options of the push, GitHub's and Gitea's by their API.

https://docs.gitlab.com/topics/git/commit/#push-options-for-merge-requests,
https://docs.github.com/rest/pulls/pulls, https://docs.gitea.com/api (GitHub's in the parts used here).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from dvc_sync_s3.errors import Blocked, SyncError, Transient
from dvc_sync_s3.git.message_rules import prefixed
from dvc_sync_s3.git.model import HostKind, Proposing, Repository

TITLE = "Annotations from Label Studio"
BODY = (
    "Each commit says what was annotated. Merge, rebase or squash as you like, but keep the last lines of the message: "
    "they tell the annotation sync how far your branch is. Until then it adds new annotations here."
)
_TIMEOUT_S = 30.0
_PAGE = 50
_MOST_PAGES = 20
_ACCESS_HINT = "Check GIT_PAT_TOKEN: it must be current and may read and write pull requests of this repository."


def push_options(repository: Repository, proposing: Proposing, side_commit: str | None) -> tuple[str, ...]:
    """Return the options by which GitLab opens a merge request, if there is no open one; none for other hosts.

    A title that people gave one is left alone: it is only set when the side branch is new.
    """
    if proposing.kind is not HostKind.GITLAB:
        return ()
    options = ["merge_request.create", f"merge_request.target={repository.branch}"]
    if side_commit is None:
        options += [
            f"merge_request.title={prefixed(TITLE, repository.message_rules)}",
            f"merge_request.description={BODY}",
        ]
    return tuple(part for option in options for part in ("--push-option", option))


def host_kind(url: str) -> HostKind | None:
    """Tell from a repository's address whose host it is, None if it doesn't say.

    >>> host_kind("git@github.com:team/data.git"), host_kind("https://gitlab.example.com/team/data.git")
    (<HostKind.GITHUB: 'github'>, <HostKind.GITLAB: 'gitlab'>)
    """
    host, _ = _host_and_path(url)
    names = {
        HostKind.GITHUB: ("github",),
        HostKind.GITLAB: ("gitlab",),
        HostKind.GITEA: ("gitea", "forgejo", "codeberg.org"),
    }
    return next((kind for kind, marks in names.items() if any(mark in host for mark in marks)), None)


def api_url(url: str, kind: HostKind) -> str:
    """Return where the API of a repository's host is.

    >>> api_url("git@github.com:team/data.git", HostKind.GITHUB)
    'https://api.github.com'
    >>> api_url("http://git.example.com:3000/team/data.git", HostKind.GITEA)
    'http://git.example.com:3000/api/v1'
    """
    host, _ = _host_and_path(url)
    if host == "github.com":
        return "https://api.github.com"
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"https://{host}"
    return base + ("/api/v1" if kind is HostKind.GITEA else "/api/v3")


def repository_path(url: str) -> str:
    """Return owner and name of a repository, as the API wants them.

    >>> repository_path("https://git.example.com/team/data.git"), repository_path("git@host:team/data.git")
    ('team/data', 'team/data')
    """
    _, path = _host_and_path(url)
    return "/".join(path.strip("/").removesuffix(".git").split("/")[-2:])


def _host_and_path(url: str) -> tuple[str, str]:
    if "://" in url:
        parts = urlsplit(url)
        return parts.hostname or "", parts.path
    host, _, path = url.partition(":")
    return host.rpartition("@")[2].lower(), path


@dataclass(frozen=True, slots=True)
class _Token(requests.auth.AuthBase):
    """The token as these APIs want it; an object of its own, so that no .netrc takes its place."""

    value: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"token {self.value}"
        return request

    def __repr__(self) -> str:
        return "_Token(***)"


def proposer(repository: Repository) -> Callable[[str], None]:
    """Return what proposes a side branch's tip to the host: nothing does where none is wanted or the push does it."""
    proposing = repository.proposing
    if proposing is None or proposing.kind is HostKind.GITLAB:
        return lambda _: None
    return PullRequests(repository, proposing).propose


class PullRequests:
    """The pull requests of one repository on GitHub or Gitea, from our side branch to the team's branch."""

    def __init__(self, repository: Repository, proposing: Proposing) -> None:
        path = repository_path(repository.url)
        self._url = f"{proposing.api_url.rstrip('/')}/repos/{path}/pulls"
        self._owner = path.partition("/")[0]
        self._source, self._target = proposing.side_branch, repository.branch
        self._title = prefixed(TITLE, repository.message_rules)
        self._auth = _Token(repository.credentials.token) if repository.credentials else None
        self._verify = os.environ.get("GIT_SSL_CAINFO") or True
        self._proposed: str | None = None

    def propose(self, commit: str) -> None:
        """See to it that an open pull request brings `commit`, the side branch's tip. Raises Transient or Blocked."""
        if commit == self._proposed:
            return
        if not self._is_open():
            self._create()
        self._proposed = commit

    def _is_open(self) -> bool:
        # Gitea heeds neither head nor base, and says limit where GitHub says per_page.
        query = {"state": "open", "head": f"{self._owner}:{self._source}", "base": self._target}
        for page in range(1, _MOST_PAGES + 1):
            paging = {"per_page": _PAGE, "limit": _PAGE, "page": page}
            found = self._ask("GET", params={**query, **paging})
            rows = found if isinstance(found, list) else []
            if any(self._is_ours(row) for row in rows):
                return True
            if len(rows) < _PAGE:
                return False
        return False

    def _is_ours(self, row: Any) -> bool:
        return bool(row["head"]["ref"] == self._source and row["base"]["ref"] == self._target)

    def _create(self) -> None:
        try:
            self._ask("POST", json={"title": self._title, "body": BODY, "head": self._source, "base": self._target})
        except _Conflicting:
            if not self._is_open():
                raise

    def _ask(
        self, method: str, *, params: Mapping[str, str | int] | None = None, json: Mapping[str, str] | None = None
    ) -> object:
        try:
            answer = requests.request(
                method,
                self._url,
                params=params,
                json=json,
                auth=self._auth,
                timeout=_TIMEOUT_S,
                verify=self._verify,
            )
        except requests.RequestException as error:
            raise Transient(
                f"the merge request could not be opened: {self._url}: {type(error).__name__}",
                hint="Is the host's API reachable? GIT_API_URL says where it is.",
            ) from None
        if not answer.ok:
            raise _failure(answer, self._url)
        try:
            return answer.json()
        except ValueError:
            raise Blocked(f"{self._url} answers no JSON", hint="Check GIT_API_URL and GIT_HOST_KIND.") from None


class _Conflicting(Blocked):
    """The host says that this pull request can't be made: there is one, or there is nothing to merge."""


def _failure(answer: requests.Response, url: str) -> SyncError:
    said = f"the merge request could not be opened: {url} answers {answer.status_code}: {_words(answer)}"
    match answer.status_code:
        case 401 | 403 | 404:
            return Blocked(said, hint=_ACCESS_HINT)
        case 409 | 422:
            return _Conflicting(said, hint="Open the merge request by hand, and look at what the host says above.")
        case 408 | 429 | 500 | 502 | 503 | 504:
            return Transient(said, hint="The host's API is in trouble or busy.")
        case _:
            return Blocked(said, hint="Check GIT_API_URL and GIT_HOST_KIND.")


def _words(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return answer.reason
    message = body.get("message") if isinstance(body, dict) else None
    details = [each.get("message") for each in body.get("errors") or [] if isinstance(each, dict)] if message else []
    return "; ".join(str(part) for part in (message, *details) if part)[:300] or answer.reason
