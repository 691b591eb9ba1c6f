"""A Git server over HTTP that asks for a token: `git http-backend` behind Basic authentication.

See https://git-scm.com/docs/git-http-backend and https://git-scm.com/docs/http-protocol.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.servers.loopback import serving

USER = "dvc-sync"
DECLINE = "#!/bin/sh\necho 'GH006: Protected branch update failed for refs/heads/main.' >&2\nexit 1\n"


class PushMoment(StrEnum):
    """Where in a push another member's push can slip in."""

    BEFORE_REFS_ARE_READ = "info/refs"
    """The push finds the branch moved and sends nothing."""
    BEFORE_THE_PACK_ARRIVES = "git-receive-pack"
    """The push has read the old ref; the server refuses its update."""


@dataclass(frozen=True, slots=True)
class GitRequest:
    """A request as the server saw it, and its answer."""

    method: str
    path: str
    query: str
    is_authorized: bool
    status: int


@dataclass(slots=True)
class GitServer:
    """Bare repositories under `root`, and how the server is to behave."""

    root: Path
    url: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(20))
    requests: list[GitRequest] = field(default_factory=list)
    is_unavailable: bool = False
    _before_push: dict[PushMoment, Callable[[], None]] = field(default_factory=dict)

    def repository_url(self, name: str) -> str:
        """Return the address of `<root>/<name>`, without credentials."""
        return f"{self.url}/{name}"

    def url_with_token(self, name: str) -> str:
        """Return the address of `<root>/<name>` with user and token inside."""
        return self.repository_url(name).replace("://", f"://{USER}:{self.token}@", 1)

    @contextmanager
    def unavailable(self) -> Iterator[None]:
        """Answer 503 to everything inside the block."""
        self.is_unavailable = True
        try:
            yield
        finally:
            self.is_unavailable = False

    @contextmanager
    def declining_pushes(self, name: str) -> Iterator[None]:
        """Refuse pushes to `<root>/<name>` as a protected branch does, inside the block."""
        hook = self.root / name / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(DECLINE, "utf-8", newline="\n")
        hook.chmod(0o755)
        try:
            yield
        finally:
            hook.unlink()

    def before_next_push(self, moment: PushMoment, action: Callable[[], None]) -> None:
        """Run `action` once, at that moment of the next push that comes over HTTP."""
        self._before_push[moment] = action

    def pushes(self) -> int:
        """Return how many packs have arrived."""
        return sum(request.path.endswith("/git-receive-pack") for request in self.requests)

    def run_before_push(self, path: str, query: str) -> None:
        """Run what waits for this moment of a push, if anything does."""
        is_reading = path.endswith("/info/refs") and "service=git-receive-pack" in query
        if is_reading:
            self._before_push.pop(PushMoment.BEFORE_REFS_ARE_READ, _nothing)()
        elif path.endswith("/git-receive-pack"):
            self._before_push.pop(PushMoment.BEFORE_THE_PACK_ARRIVES, _nothing)()


def _nothing() -> None:
    """Do nothing."""


class _GitHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, git: GitServer, *args: Any) -> None:
        self.git = git
        super().__init__(*args)

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._body())

    def log_message(self, *_arguments: object) -> None:
        """Print nothing: `GitServer.requests` is the record."""

    def _serve(self, body: bytes) -> None:
        url = urlsplit(self.path)
        is_authorized = self._is_authorized()
        if self.git.is_unavailable:
            status, headers, answer = 503, [("Content-Type", "text/plain")], b"try later\n"
        elif not is_authorized:
            status, headers, answer = 401, [("WWW-Authenticate", 'Basic realm="git"')], b"who are you?\n"
        else:
            self.git.run_before_push(url.path, url.query)
            status, headers, answer = self._http_backend(url.path, url.query, body)
        self.git.requests.append(GitRequest(self.command, url.path, url.query, is_authorized, status))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _is_authorized(self) -> bool:
        expected = base64.b64encode(f"{USER}:{self.git.token}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _http_backend(self, path: str, query: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(self.git.root),
            "GIT_PROJECT_ROOT": str(self.git.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": USER,
            "REMOTE_ADDR": "127.0.0.1",
        }
        backend = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=True)
        head, _, answer = backend.stdout.partition(b"\r\n\r\n")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in head.decode().splitlines())]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        return status, [(name, value) for name, value in headers if name != "Status"], answer


@contextmanager
def serve_git(root: Path) -> Iterator[GitServer]:
    """Serve the bare repositories in `root` until the block ends."""
    git = GitServer(root)
    with serving(partial(_GitHandler, git)) as url:
        git.url = url
        yield git
