"""The access control list that a request asks for: a canned one, grants in headers, or grants in its body.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/managing-acls.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from dvc_sync_s3.s3.access.accounts import Account, Accounts
from dvc_sync_s3.s3.access.acl import Acl, Grant, Permission, acl_text, canned_acl, is_public, private_acl
from dvc_sync_s3.s3.access.acl_xml import ROOT, read_acl, resolve_grantee
from dvc_sync_s3.s3.access.ownership import belongs_to_bucket_owner
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.xml_reading import read_document

if TYPE_CHECKING:
    from dvc_sync_s3.s3.access.decision import BucketAccess
    from dvc_sync_s3.s3.call import Call
    from dvc_sync_s3.s3.request import Headers

_CANNED = "x-amz-acl"
_GRANTS = {
    "x-amz-grant-read": Permission.READ,
    "x-amz-grant-write": Permission.WRITE,
    "x-amz-grant-read-acp": Permission.READ_ACP,
    "x-amz-grant-write-acp": Permission.WRITE_ACP,
    "x-amz-grant-full-control": Permission.FULL_CONTROL,
}
_GRANTEE = re.compile(r'(?P<kind>id|emailAddress|uri)\s*=\s*(?:"(?P<quoted>[^"]+)"|(?P<plain>[^",\s]+))', re.IGNORECASE)
_ASKING = frozenset((_CANNED, *_GRANTS))
_SAME_FOR_ONE_OWNER = ("private", "bucket-owner-full-control", "bucket-owner-read")
"""What clients may ask for where lists are off: many always send one of these."""


class NewAccess(Struct, frozen=True):
    """Whose a new object is and its list, both as the store keeps them."""

    owner: str | None
    acl: str | None


def asks_for_acl(headers: Headers) -> bool:
    """Tell whether headers ask for a list."""
    return not _ASKING.isdisjoint(headers)


def acl_in_headers(headers: Headers, owner_id: str, bucket_owner_id: str, accounts: Accounts) -> Acl:
    """Return the list that headers ask for, the private one if none; raise `InvalidRequest` or `InvalidArgument`."""
    grants = tuple(
        Grant(resolve_grantee(kind, text, accounts), permission)
        for name, permission in _GRANTS.items()
        if name in headers
        for kind, text in _grantees(headers[name])
    )
    if not grants:
        return canned_acl(headers.get(_CANNED, "private"), owner_id, bucket_owner_id)
    if _CANNED in headers:
        raise S3Error("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed.")
    return grants


def check_without_lists(headers: Headers, code: str = "AccessControlListNotSupported") -> None:
    """Raise `code`, or `InvalidArgument`, if headers ask for more than the owner's access where lists are off."""
    if not asks_for_acl(headers):
        return
    canned = headers.get(_CANNED, "private")
    canned_acl(canned, "", "")  # raises if there is none of this name
    if canned not in _SAME_FOR_ONE_OWNER or any(name in headers for name in _GRANTS):
        raise S3Error(code)


def new_object_access(call: Call) -> NewAccess:
    """Return whose the object is that the request makes, and its list; raise if it can't be so in this bucket."""
    bucket, headers = call.access, call.request.headers
    if not bucket.has_lists:
        check_without_lists(headers)
        return NewAccess(call.accounts.stored(bucket.owner_id).stored, None)
    is_bucket_owners = belongs_to_bucket_owner(bucket.ownership, headers.get(_CANNED))
    owner = call.accounts.stored(bucket.owner_id) if is_bucket_owners else call.requester
    acl = acl_in_headers(headers, owner.id, bucket.owner_id, call.accounts)
    check_public(acl, bucket)
    return NewAccess(owner.stored, acl_text(acl, owner.id))


async def asked_acl(call: Call, owner: Account) -> str | None:
    """Return the list that the request puts for what `owner` owns, as the store keeps it; raise if it can't be."""
    bucket, headers = call.access, call.request.headers
    if not bucket.has_lists:
        check_without_lists(headers)
    if asks_for_acl(headers):
        acl = acl_in_headers(headers, owner.id, bucket.owner_id, call.accounts)
    else:
        acl = read_acl(await read_document(call.body, ROOT), owner.id, call.accounts)
    if not bucket.has_lists:
        if not asks_for_acl(headers) and acl != private_acl(owner.id):
            raise S3Error("AccessControlListNotSupported")
        return None
    check_public(acl, bucket)
    return acl_text(acl, owner.id)


def check_public(acl: Acl, bucket: BucketAccess) -> None:
    """Raise `AccessDenied` for a public list where the bucket blocks these."""
    if bucket.block.block_public_acls and is_public(acl):
        raise S3Error("AccessDenied", "Public access control lists are blocked by the bucket's public access block.")


def _grantees(header: str) -> list[tuple[str, str]]:
    """Read a header such as `id="…", emailAddress="…"`; raise `InvalidArgument`."""
    found = [_GRANTEE.fullmatch(part.strip()) for part in header.split(",")]
    if not all(found):
        raise S3Error("InvalidArgument", 'A grant must be of the form id="…", emailAddress="…" or uri="…".')
    return [(each["kind"], each["quoted"] or each["plain"]) for each in found if each]
