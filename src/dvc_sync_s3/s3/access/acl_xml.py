"""Access control lists as XML, read and written.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_AccessControlPolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvc_sync_s3.s3.access.accounts import Account, Accounts, owner_node
from dvc_sync_s3.s3.access.acl import Acl, Grant, Grantee, Group, Permission
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.xml import Node, document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ROOT = "AccessControlPolicy"
MAX_GRANTS = 100
_GRANTEE = 'Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="{}"'


def acl_document(owner: Account, acl: Acl, accounts: Accounts) -> bytes:
    """Write an `AccessControlPolicy`."""
    grants: list[Node] = [
        ("Grant", [_grantee_node(grant.grantee, accounts), ("Permission", grant.permission)]) for grant in acl
    ]
    return document(ROOT, [owner_node(owner), ("AccessControlList", grants)])


def read_acl(policy: Element, owner_id: str, accounts: Accounts) -> Acl:
    """Return the grants of an `AccessControlPolicy` element, groups first as in canned lists; each grantee is there.

    Raises `MalformedACLError`, `InvalidArgument`, `UnresolvableGrantByEmailAddress`, or `AccessDenied` if it names
    another owner.
    """
    named = policy.findtext("Owner/ID")
    if named and named != owner_id:
        raise S3Error("AccessDenied" if accounts.find(named) else "InvalidArgument", "The owner can't be changed.")
    grants = policy.findall("AccessControlList/Grant")
    if policy.find("AccessControlList") is None or len(grants) > MAX_GRANTS:
        raise S3Error("MalformedACLError")
    return tuple(sorted((_grant(grant, accounts) for grant in grants), key=_is_to_an_account))


def _is_to_an_account(grant: Grant) -> bool:
    return not isinstance(grant.grantee, Group)


def _grant(grant: Element, accounts: Accounts) -> Grant:
    try:
        permission = Permission(grant.findtext("Permission", ""))
    except ValueError:
        raise S3Error("MalformedACLError") from None
    for kind, name in (("id", "ID"), ("emailAddress", "EmailAddress"), ("uri", "URI")):
        text = grant.findtext(f"Grantee/{name}")
        if text:
            return Grant(resolve_grantee(kind, text, accounts), permission)
    raise S3Error("MalformedACLError")


def resolve_grantee(kind: str, text: str, accounts: Accounts) -> Grantee:
    """Return whom `id`, `emailAddress` or `uri` names; raise `InvalidArgument` or `UnresolvableGrantByEmailAddress`."""
    match kind.lower():  # the AWS command line says emailaddress
        case "id" if account := accounts.find(text):
            return account.id
        case "emailaddress" if account := accounts.with_email(text):
            return account.id
        case "emailaddress":
            raise S3Error("UnresolvableGrantByEmailAddress")
        case "uri" if text in set(Group):
            return Group(text)
        case "uri":
            raise S3Error("InvalidArgument", "Invalid group uri")
        case "id":
            raise S3Error("InvalidArgument", "Invalid id")
    raise S3Error("InvalidArgument", "A grantee is id, emailAddress or uri.")


def _grantee_node(grantee: Grantee, accounts: Accounts) -> Node:
    if isinstance(grantee, Group):
        return (_GRANTEE.format("Group"), [("URI", grantee)])
    _, named = owner_node(accounts.stored(grantee))
    return (_GRANTEE.format("CanonicalUser"), named)
