"""The XML of a request, read: small, without entities, names without their namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from dvc_sync_s3.s3.errors import S3Error

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from dvc_sync_s3.s3.body import RequestBody

MAX_BYTES = 256 * 1024


async def read_document(body: RequestBody, root: str, max_bytes: int = MAX_BYTES) -> Element:
    """Return the body's outermost element, which is called `root`; raise `MalformedXML` or that it is too long."""
    if body.expected_size > max_bytes:
        raise S3Error("MaxMessageLengthExceeded")
    return parse_document(b"".join([data async for data in body]), root)


def parse_document(document: bytes, root: str) -> Element:
    """Return the outermost element, which is called `root`; raise `MalformedXML`.

    >>> parse_document(b'<Tagging xmlns="urn:s3"><TagSet/></Tagging>', "Tagging")[0].tag
    'TagSet'
    """
    try:
        element: Element = fromstring(document, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):  # the last two: an encoding nobody knows
        raise S3Error("MalformedXML") from None
    for each in element.iter():
        each.tag = each.tag.rpartition("}")[2]
    if element.tag != root:
        raise S3Error("MalformedXML")
    return element
