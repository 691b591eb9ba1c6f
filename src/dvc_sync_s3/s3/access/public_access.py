"""What a bucket blocks of public access: all of it, unless its owner says otherwise or it was made to begin without.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.xml import document
from dvc_sync_s3.s3.xml_reading import parse_document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ROOT = "PublicAccessBlockConfiguration"


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """Four switches, in AWS's words."""

    block_public_acls: bool
    """Lists that would make something public are refused."""
    ignore_public_acls: bool
    """Grants to everyone count for nothing."""
    block_public_policy: bool
    """A policy that would make something public is refused."""
    restrict_public_buckets: bool
    """While its policy is a public one, the bucket is its owner's alone."""


NOTHING_BLOCKED = PublicAccessBlock(
    block_public_acls=False, ignore_public_acls=False, block_public_policy=False, restrict_public_buckets=False
)
ALL_BLOCKED = PublicAccessBlock(
    block_public_acls=True, ignore_public_acls=True, block_public_policy=True, restrict_public_buckets=True
)


def read_public_access(configuration: Element) -> PublicAccessBlock:
    """Return which switches are on; one that isn't named is off. Raises `MalformedXML`."""

    def is_on(name: str) -> bool:
        said = configuration.findtext(name, "false").strip().lower()
        if said not in {"true", "false"}:
            raise S3Error("MalformedXML")
        return said == "true"

    return PublicAccessBlock(
        block_public_acls=is_on("BlockPublicAcls"),
        ignore_public_acls=is_on("IgnorePublicAcls"),
        block_public_policy=is_on("BlockPublicPolicy"),
        restrict_public_buckets=is_on("RestrictPublicBuckets"),
    )


def public_access_document(block: PublicAccessBlock) -> bytes:
    """Write a `PublicAccessBlockConfiguration`."""
    switches = [
        ("BlockPublicAcls", block.block_public_acls),
        ("IgnorePublicAcls", block.ignore_public_acls),
        ("BlockPublicPolicy", block.block_public_policy),
        ("RestrictPublicBuckets", block.restrict_public_buckets),
    ]
    return document(ROOT, switches)


@lru_cache(maxsize=64)
def stored_public_access(kept: bytes | None) -> PublicAccessBlock:
    """Return what a bucket blocks that keeps this document: None if it was never told, empty if it was removed."""
    if kept is None:
        return ALL_BLOCKED
    return read_public_access(parse_document(kept, ROOT)) if kept else NOTHING_BLOCKED
