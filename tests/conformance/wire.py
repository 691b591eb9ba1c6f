"""HTTP by hand, for what clients can't be made to say."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from tests.conformance.signing import sha256, sign


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of an S3 error document."""
        assert self.headers["content-type"] == "application/xml"
        return self._text("Code")

    @property
    def message(self) -> str:
        """The message of an S3 error document."""
        return self._text("Message")

    def _text(self, name: str) -> str:
        return ET.fromstring(self.body).findtext(name, "")  # noqa: S314 - the service under test wrote it


class Wire:
    """One connection to the server."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        assert place.hostname is not None
        self.url = url
        self._socket = socket.create_connection((place.hostname, place.port), timeout=20)
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def half_close(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def send_head(self, method: str, target: str, headers: Mapping[str, str]) -> None:
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n")

    def send_signed(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        payload_sha256: str | None = None,
    ) -> None:
        """Send a whole request; `Content-Length` is the body's unless the headers say something else."""
        signed = sign(method, self.url + target, headers, payload_sha256=payload_sha256 or sha256(body))
        if not {"Content-Length", "Transfer-Encoding"} & signed.keys():
            signed["Content-Length"] = str(len(body))
        self.send_head(method, target, signed)
        self.send(body)

    def read_head(self) -> Answer:
        """Read a status line and headers."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip(" ") for name, _, value in (line.partition(":") for line in lines)}
        return Answer(int(status_line.split()[1]), headers, b"")

    def read(self, *, to: str = "GET") -> Answer:
        """Read an answer to the method `to`, interim ones left out."""
        answer = self.read_head()
        while answer.status == 100:
            answer = self.read_head()
        size = 0 if to == "HEAD" or answer.status in {204, 304} else int(answer.headers["content-length"])
        while len(self._received) < size:
            self._receive()
        body, self._received = self._received[:size], self._received[size:]
        return Answer(answer.status, answer.headers, body)

    def take(self, most: int) -> bytes:
        """Return the next bytes, at most so many."""
        if not self._received:
            self._receive()
        taken, self._received = self._received[:most], self._received[most:]
        return taken

    def read_end(self) -> bytes:
        """Return what comes until the server closes the connection."""
        while True:
            try:
                self._receive()
            except ConnectionError:
                return self._received

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._received += data


def call(
    url: str,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    payload_sha256: str | None = None,
) -> Answer:
    """Send a signed request on a connection of its own and return the answer."""
    with Wire(url) as wire:
        wire.send_signed(method, target, headers, body, payload_sha256=payload_sha256)
        return wire.read(to=method)
