"""What a bucket says it blocks of public access: all of it, since neither lists nor policies can grant any here.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.xml import document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ROOT = "PublicAccessBlockConfiguration"
_SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def read_public_access(configuration: Element) -> Mapping[str, bool]:
    """Return which switches are on; one that isn't named is off. Raises `MalformedXML`."""
    said = {name: configuration.findtext(name, "false").strip().lower() for name in _SWITCHES}
    if not {"true", "false"}.issuperset(said.values()):
        raise S3Error("MalformedXML")
    return {name: text == "true" for name, text in said.items()}


def public_access_document(switches: Mapping[str, bool]) -> bytes:
    """Write a `PublicAccessBlockConfiguration`."""
    return document(ROOT, list(switches.items()))


ALL_BLOCKED = public_access_document(dict.fromkeys(_SWITCHES, True))
"""What every bucket says that was never told otherwise, as at AWS."""
