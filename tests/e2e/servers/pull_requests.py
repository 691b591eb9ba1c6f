"""The parts of GitHub's and Gitea's API by which a pull request is found and opened.

https://docs.github.com/rest/pulls/pulls and https://docs.gitea.com/api: the lists differ, Gitea's heeds no branches.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dvc_sync_s3.git.model import HostKind
from tests.e2e.servers.loopback import serving

_GITEAS_MOST = 50


@dataclass(slots=True)
class PullRequest:
    """A pull request as people see it."""

    number: int
    title: str
    head: str
    base: str
    state: str = "open"


@dataclass(slots=True)
class PullRequestHost:
    """One repository's pull requests, and how the host is to behave."""

    kind: HostKind
    token: str
    path: str
    url: str = ""
    pulls: list[PullRequest] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    status: int = 0
    """What to answer to everything; 0 is as usual."""

    def answer(self, method: str, target: str, authorization: str, body: dict[str, str]) -> tuple[int, object]:
        """Answer one request."""
        url = urlsplit(target)
        self.seen.append(f"{method} {target}")
        if self.status:
            return self.status, {"message": "try later"}
        if authorization not in {f"token {self.token}", f"Bearer {self.token}"}:
            return 401, {"message": "Bad credentials"}
        if url.path != f"/repos/{self.path}/pulls":
            return 404, {"message": "Not Found"}
        if method == "GET":
            return 200, self._list({name: values[-1] for name, values in parse_qs(url.query).items()})
        return self._create(body)

    def _list(self, query: dict[str, str]) -> list[dict[str, object]]:
        found = [pull for pull in self.pulls if query.get("state", "open") in {pull.state, "all"}]
        size, page = int(query.get("limit", "30")), int(query.get("page", "1"))
        if self.kind is HostKind.GITHUB:
            owner = self.path.partition("/")[0]
            found = [pull for pull in found if query.get("head") in {None, f"{owner}:{pull.head}"}]
            found = [pull for pull in found if query.get("base") in {None, pull.base}]
            size = int(query.get("per_page", "30"))
        size = min(size, _GITEAS_MOST)
        return [_row(pull) for pull in found[(page - 1) * size : page * size]]

    def _create(self, body: dict[str, str]) -> tuple[int, object]:
        if any((pull.head, pull.base, pull.state) == (body["head"], body["base"], "open") for pull in self.pulls):
            if self.kind is HostKind.GITEA:
                return 409, {"message": "pull request already exists for these targets"}
            return 422, {"message": "Validation Failed", "errors": [{"message": "A pull request already exists"}]}
        pull = PullRequest(len(self.pulls) + 1, body["title"], body["head"], body["base"])
        self.pulls.append(pull)
        return 201, _row(pull)


def _row(pull: PullRequest) -> dict[str, object]:
    return {
        "number": pull.number,
        "title": pull.title,
        "state": pull.state,
        "head": {"ref": pull.head, "label": pull.head},
        "base": {"ref": pull.base, "label": pull.base},
    }


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, host: PullRequestHost, *args: Any) -> None:
        self.host = host
        super().__init__(*args)

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""

    def _answer(self, body: dict[str, str]) -> None:
        authorization = self.headers.get("Authorization", "")
        status, document = self.host.answer(self.command, self.path, authorization, body)
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serve_pull_requests(kind: HostKind, token: str, path: str) -> Iterator[PullRequestHost]:
    """Serve the pull requests of the repository `path` until the block ends."""
    host = PullRequestHost(kind, token, path)
    with serving(partial(_Handler, host)) as url:
        host.url = url
        yield host
