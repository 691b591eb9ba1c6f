"""Tags: read from a document or a header, checked, and written.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import Headers
from dvc_sync_s3.s3.xml import Node, document
from dvc_sync_s3.store.model import Headers as Tags

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_OBJECT_TAGS = 10
_MAX_KEY = 128
_MAX_VALUE = 256
_HEADER = "x-amz-tagging"


def tags_in_document(tagging: Element, most: int) -> Tags:
    """Return the tags of a `Tagging` element, by key; raise `MalformedXML` or `InvalidTag`."""
    tags: list[tuple[str, str]] = []
    for tag in tagging.iterfind("TagSet/Tag"):
        key, value = tag.findtext("Key"), tag.findtext("Value")
        if key is None or value is None:
            raise S3Error("MalformedXML")
        tags.append((key, value))
    if tagging.find("TagSet") is None:
        raise S3Error("MalformedXML")
    return _checked(tags, most)


def tags_in_headers(headers: Headers) -> Tags:
    """Return the tags that a new object is given, by key; raise `InvalidArgument` or `InvalidTag`.

    >>> tags_in_headers({"x-amz-tagging": "reader=Ann+B&done"})
    (('done', ''), ('reader', 'Ann B'))
    """
    if _HEADER not in headers:
        return ()
    try:
        pairs = parse_qsl(headers[_HEADER], keep_blank_values=True, errors="strict")
    except ValueError:
        raise S3Error("InvalidArgument", f"{_HEADER} must be tags written as a URL's query is.") from None
    return _checked(pairs, MAX_OBJECT_TAGS)


def tagging_document(tags: Tags) -> bytes:
    """Write tags as a `Tagging` document."""
    nodes: list[Node] = [("Tag", [("Key", key), ("Value", value)]) for key, value in tags]
    return document("Tagging", [("TagSet", nodes)])


def _checked(tags: Sequence[tuple[str, str]], most: int) -> Tags:
    if len(tags) > most:
        raise S3Error("InvalidTag", f"There can be at most {most} tags.")
    if len({key for key, _ in tags}) < len(tags):
        raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key")
    for key, value in tags:
        if not 1 <= len(key) <= _MAX_KEY or not _is_tag_text(key):
            raise S3Error("InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > _MAX_VALUE or not _is_tag_text(value):
            raise S3Error("InvalidTag", "The TagValue you have provided is invalid")
        if key.startswith("aws:"):
            raise S3Error("InvalidTag", "System tags cannot be added/updated by requester")
    return tuple(sorted(tags))


def _is_tag_text(text: str) -> bool:
    """Tell whether `text` is letters, digits, spaces and the few signs that AWS allows, in any language."""
    return all(unicodedata.category(sign)[0] in "LMNZ" or sign in "_.:/=+-@" for sign in text)
