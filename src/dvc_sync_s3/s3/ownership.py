"""The one owner of everything, and access control lists, which can only say that everything is the owner's.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.xml import Node, document
from dvc_sync_s3.s3.xml_reading import read_document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from dvc_sync_s3.s3.call import Call
    from dvc_sync_s3.s3.request import Headers

OWNER_ID = "5e0b3c6f1c7a4d0f8a9be2d4476f3b1d9c80e5a72f164b3e8d05c9a1f7b2e634"
"""Every pair of keys belongs to it; 64 hexadecimal digits, as clients expect of a canonical user."""
OWNER_NAME = "dvc-sync-s3"

_PRIVATE_ACLS = ("private", "bucket-owner-full-control", "bucket-owner-read")
"""Canned lists that mean the same where there is one owner."""
_OTHER_ACLS = ("public-read", "public-read-write", "authenticated-read", "aws-exec-read", "log-delivery-write")
_OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
_GRANTEE = 'Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"'


def owner_node(name: str = "Owner") -> Node:
    """Return the owner as an element called `name`."""
    return (name, [("ID", OWNER_ID), ("DisplayName", OWNER_NAME)])


def acl_document() -> bytes:
    """Return the access control list that every bucket and object has."""
    _, owner = owner_node()
    grant: Node = ("Grant", [(_GRANTEE, owner), ("Permission", "FULL_CONTROL")])
    return document("AccessControlPolicy", [owner_node(), ("AccessControlList", [grant])])


def ownership_document() -> bytes:
    """Return the ownership controls of a bucket: the owner owns all objects, access control lists are off."""
    return document("OwnershipControls", [("Rule", [("ObjectOwnership", _OWNERSHIPS[0])])])


def require_private_headers(headers: Headers) -> None:
    """Raise `AccessControlListNotSupported` or `InvalidArgument` if headers ask for more than the owner's access."""
    canned = headers.get("x-amz-acl", _PRIVATE_ACLS[0])
    if canned not in (*_PRIVATE_ACLS, *_OTHER_ACLS):
        raise S3Error("InvalidArgument", "x-amz-acl must be one of the canned access control lists.")
    if canned in _OTHER_ACLS or any(name.startswith("x-amz-grant-") for name in headers):
        raise S3Error("AccessControlListNotSupported")


def require_enforced_ownership(ownership: str | None) -> None:
    """Raise unless object ownership, if named, is the one that turns access control lists off."""
    if ownership not in (None, *_OWNERSHIPS):
        raise S3Error("InvalidArgument", f"Object ownership must be one of {', '.join(_OWNERSHIPS)}.")
    if ownership in _OWNERSHIPS[1:]:
        raise S3Error("NotImplemented", f"Object ownership is always {_OWNERSHIPS[0]}: ACLs are not implemented.")


async def require_private_acl(call: Call) -> None:
    """Read the list that a request puts, from its headers or its body; raise unless it is the one that all have."""
    headers = call.request.headers
    require_private_headers(headers)
    if "x-amz-acl" not in headers:
        _require_owner_grant(await read_document(call.body, "AccessControlPolicy"))


def _require_owner_grant(policy: Element) -> None:
    if policy.find(".//EmailAddress") is not None:
        raise S3Error("UnresolvableGrantByEmailAddress")
    if any(found.text != OWNER_ID for found in policy.iter("ID")):
        raise S3Error("InvalidArgument", "Invalid id: there is one user, the owner.")
    grants = [(grant.findtext("Grantee/ID"), grant.findtext("Permission")) for grant in policy.iter("Grant")]
    if grants != [(OWNER_ID, "FULL_CONTROL")]:
        raise S3Error("AccessControlListNotSupported")
