"""Tags: what AWS takes for one, and what it doesn't."""

from __future__ import annotations

import pytest

from dvc_sync_s3.s3.tagging import MAX_OBJECT_TAGS, tagging_document, tags_in_document, tags_in_headers
from dvc_sync_s3.s3.xml_reading import parse_document
from dvc_sync_s3.store.model import Headers as Tags
from tests.unit.s3.asgi import refusal_of


def reread(tags: Tags) -> Tags:
    return tags_in_document(parse_document(tagging_document(tags), "Tagging"), MAX_OBJECT_TAGS)


@pytest.mark.parametrize(
    "tags",
    [
        (),
        (("done", ""),),
        (("a+b-c=d._:/@", "x y"), ("größe", "日本 ٣")),
        tuple((f"{number:03}" + "k" * 125, "v" * 256) for number in range(10)),
    ],
)
def test_what_is_written_is_read_again(tags: Tags) -> None:
    assert reread(tags) == tags


def test_tags_are_in_the_order_of_their_keys() -> None:
    assert tags_in_headers({"x-amz-tagging": "foo=bar&bar"}) == (("bar", ""), ("foo", "bar"))


@pytest.mark.parametrize(
    "tags",
    [
        tuple((str(number), "") for number in range(11)),
        (("k" * 129, ""),),
        (("k", "v" * 257),),
        (("", "v"),),
        (("k", "1"), ("k", "2")),
        (("aws:k", "v"),),
        (("k<", "v"),),
        (("k", "a\nb"),),
    ],
)
def test_what_is_no_tag_is_refused(tags: Tags) -> None:
    assert refusal_of(lambda: reread(tags)) == "InvalidTag"


@pytest.mark.parametrize(
    "document",
    [
        b"<Tagging/>",
        b"<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>",
        b"<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>",
    ],
)
def test_a_tag_has_a_key_and_a_value(document: bytes) -> None:
    assert refusal_of(lambda: tags_in_document(parse_document(document, "Tagging"), 10)) == "MalformedXML"


@pytest.mark.parametrize("header", ["k=%ff", "&".join("k" for _ in range(2)), "k%00=v"])
def test_a_header_that_is_no_tags_is_refused(header: str) -> None:
    assert refusal_of(lambda: tags_in_headers({"x-amz-tagging": header})) in {"InvalidArgument", "InvalidTag"}
