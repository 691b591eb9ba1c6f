"""What a client's XML may be, and what is refused before it does harm."""

from __future__ import annotations

import pytest

from dvc_sync_s3.s3.xml_reading import parse_document
from tests.unit.s3.asgi import refusal_of


@pytest.mark.parametrize(
    "document",
    [
        b"<Tagging><Tag>a</Tag></Tagging>",
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Tag>a</Tag></Tagging>',
        '<?xml version="1.0" encoding="UTF-16"?><Tagging><Tag>a</Tag></Tagging>'.encode("utf-16"),
    ],
)
def test_elements_are_found_with_and_without_the_namespace(document: bytes) -> None:
    assert parse_document(document, "Tagging").findtext("Tag") == "a"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<Tagging>",
        b"<Delete/>",
        b"{}",
        b'<?xml version="1.0" encoding="nonsense"?><Tagging/>',
        b'<!DOCTYPE Tagging [<!ENTITY a "aaaa">]><Tagging>&a;</Tagging>',
        b'<!DOCTYPE Tagging SYSTEM "file:///etc/hostname"><Tagging/>',
    ],
)
def test_what_is_no_document_or_more_than_one_is_refused(document: bytes) -> None:
    assert refusal_of(lambda: parse_document(document, "Tagging")) == "MalformedXML"
