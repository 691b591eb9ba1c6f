"""Headers as HTTP/1.1 has them, a line each, which nothing that was stored can end too soon."""

from __future__ import annotations

import re
from collections.abc import Mapping

_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CONTROLS = bytes([*range(9), *range(10, 32), 127])


class SharedHeaders(dict[str, str]):
    """Headers that many answers have, with the lines that they make, so that these aren't written anew for each."""

    __slots__ = ("lines",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self.lines = header_lines(headers)
        """What `header_lines` makes of them."""


def header_lines(headers: Mapping[str, str]) -> bytes:
    r"""Return a line for each header.

    >>> header_lines({"x-amz-meta-note": "a\r\nSet-Cookie: b"})
    b'x-amz-meta-note: a  Set-Cookie: b\r\n'
    """
    lines = _lines(headers)
    if len(lines.translate(None, _CONTROLS)) + 2 * len(headers) == len(lines):  # only each line's own end
        return lines
    return _lines(safe_headers(headers))


def safe_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers; what would end one too soon is a space."""
    if _UNSAFE.search("".join([*headers, *headers.values()])):  # a form once could store it
        return {_UNSAFE.sub(" ", name): _UNSAFE.sub(" ", value) for name, value in headers.items()}
    return headers


def _lines(headers: Mapping[str, str]) -> bytes:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode("latin-1")
