"""S3's XML, written; bodies are small, so each is built whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.sax.saxutils import escape

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
CONTENT_TYPE = "application/xml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]")

_SPECIAL = re.compile("[&<>\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]")


class Written(str):
    """Elements that are XML already: a page of a thousand keys is written in one go."""

    __slots__ = ()


Text = str | int | bool | datetime | None
Node = Written | tuple[str, "Text | list[Node]"]
"""A name, attributes behind it if any, with its text or its children; text None leaves the element out."""


def document(name: str, content: Iterable[Node] | str, *, namespace: str = NAMESPACE) -> bytes:
    r"""Write a document of elements or of text.

    >>> document("A", [("Key", "a&b"), ("Size", 3), ("Gone", None), ("B", [("On", True)])], namespace="")
    b'<?xml version="1.0" encoding="UTF-8"?>\n<A><Key>a&amp;b</Key><Size>3</Size><B><On>true</On></B></A>'
    """
    start = f'<{name} xmlns="{namespace}">' if namespace else f"<{name}>"
    inner = _text(content) if isinstance(content, str) else "".join(map(_element, content))
    return f"{DECLARATION}{start}{inner}</{name}>".encode()


def elements(nodes: Iterable[Node]) -> Written:
    """Write elements that stand beside each other."""
    return Written("".join(map(_element, nodes)))


def _element(node: Node) -> str:
    if isinstance(node, Written):
        return node
    name, value = node
    if value is None:
        return ""
    inner = "".join(map(_element, value)) if isinstance(value, list) else _text(value)
    return f"<{name}>{inner}</{name.partition(' ')[0]}>"


def _text(value: str | int | bool | datetime) -> str:  # noqa: FBT001 - a value to be written, not a switch
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return timestamp(value)
        case _:
            return escaped(str(value))


def escaped(text: str) -> str:
    """Return `text` as it stands between tags.

    >>> escaped("a<b&c")
    'a&lt;b&amp;c'
    """
    if _SPECIAL.search(text) is None:
        return text
    # XML 1.0 has no way to say most control characters; AWS writes the reference all the same.
    return _CONTROL.sub(lambda found: f"&#x{ord(found[0]):x};", escape(text))


def timestamp(time: datetime) -> str:
    """Write a time as S3 does in XML: UTC, milliseconds.

    >>> timestamp(datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC))
    '2026-11-23T01:02:03.456Z'
    """
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
