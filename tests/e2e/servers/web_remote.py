"""Two web servers that DVC can push to: WebDAV (WsgiDAV), and plain HTTP with PUT."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server
from wsgidav.wsgidav_app import WsgiDAVApp

from tests.e2e.servers.loopback import serving
from tests.e2e.servers.private_ca import PrivateCa
from tests.e2e.servers.team import DvcRemote

USER = "dvc"


@dataclass(slots=True)
class WebLocation:
    """Where a server is (`host:port/path`, without a scheme), what it serves, and USER's password there."""

    address: str
    folder: Path
    password: str = field(default_factory=lambda: secrets.token_hex(8))


@contextmanager
def serve_webdav(folder: Path, *, tls: PrivateCa | None = None) -> Iterator[WebLocation]:
    """Serve `folder` by WebDAV, to USER alone, until the block ends."""
    location = WebLocation("", folder)
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/dav": str(folder)},
            "simple_dc": {"user_mapping": {"*": {USER: {"password": location.password}}}},
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "verbose": 0,
            "logging": {"enable": False},
        }
    )
    server = Server(("127.0.0.1", 0), app)
    server.shutdown_timeout = 1
    if tls:
        server.ssl_adapter = BuiltinSSLAdapter(str(tls.certificate), str(tls.private_key))
    server.prepare()
    thread = Thread(target=server.serve, name="webdav")
    thread.start()
    try:
        location.address = f"127.0.0.1:{server.bind_addr[1]}/dav"
        yield location
    finally:
        server.stop()
        thread.join()


class _PutHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, location: WebLocation, *args: object) -> None:
        self.location = location
        super().__init__(*args)  # type: ignore[arg-type]  # what BaseServer hands over

    def do_PUT(self) -> None:
        body = self._body()
        if self._refuses():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_bytes(body)
        self._answer(201, b"")

    def do_GET(self) -> None:
        if self._refuses():
            return
        found = self._path.is_file()
        self._answer(200 if found else 404, self._path.read_bytes() if found else b"")

    def do_HEAD(self) -> None:
        self.do_GET()

    def _refuses(self) -> bool:
        expected = "Basic " + base64.b64encode(f"{USER}:{self.location.password}".encode()).decode()
        if self.headers.get("Authorization") == expected:
            return False
        self._answer(401, b"")
        return True

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    @property
    def _path(self) -> Path:
        return self.location.folder / self.path.lstrip("/")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


@contextmanager
def serve_http(folder: Path) -> Iterator[WebLocation]:
    """Serve `folder` by HTTP, with PUT, to USER alone, until the block ends; the password may be changed meanwhile."""
    location = WebLocation("", folder)
    with serving(partial(_PutHandler, location)) as url:
        location.address = url.removeprefix("http://")
        yield location


def webdav_remote(location: WebLocation, *, tls: PrivateCa | None = None) -> DvcRemote:
    """Return the DVC remote that a team makes of a WebDAV server."""
    options = {"user": USER, **({"ssl_verify": str(tls.ca_bundle)} if tls else {})}
    url = f"webdav{'s' if tls else ''}://{location.address}"
    return DvcRemote("storage", url, options, {"password": location.password})


def http_remote(location: WebLocation) -> DvcRemote:
    """Return the DVC remote that a team makes of a web server."""
    options = {"method": "PUT", "auth": "basic", "user": USER}
    return DvcRemote("storage", f"http://{location.address}/team", options, {"password": location.password})
