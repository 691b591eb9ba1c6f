"""The token reaches the server that asks for it, and nothing else."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from os import devnull, environ
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author, Credentials, Repository

TOKEN = "glpat-0123456789abcdefghij"


class Forge:
    """A server that wants to know who asks and lets nobody in."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        seen = self.seen

        class Requests(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                authorization = self.headers.get("Authorization", "")
                seen.append(authorization)
                self.send_response(403 if authorization else 401)
                self.send_header("WWW-Authenticate", 'Basic realm="forge"')
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Requests)
        self.url = f"http://127.0.0.1:{self.http.server_port}/team.git"


@pytest.fixture
def forge() -> Iterator[Forge]:
    forge = Forge()
    thread = threading.Thread(target=forge.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield forge
    forge.http.shutdown()
    thread.join()
    forge.http.server_close()


def clone(folder: Path, url: str, credentials: Credentials | None) -> Clone:
    quiet = {"PATH": environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": devnull}
    return Clone(folder, Repository(url, "main", Author("a", "a@example.com"), credentials), (), environ=quiet)


def test_the_token_goes_to_the_server_and_into_no_file_or_message(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(Blocked) as caught:
        clone(tmp_path / "clone", forge.url, Credentials("ann", TOKEN)).refresh()
    assert forge.seen[-1] == "Basic " + base64.b64encode(f"ann:{TOKEN}".encode()).decode()
    assert TOKEN not in str(caught.value)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_without_credentials_nobody_is_asked_for_them(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(Blocked) as caught:
        clone(tmp_path / "clone", forge.url, None).refresh()
    assert forge.seen == [""]
    assert "token" in caught.value.hint
