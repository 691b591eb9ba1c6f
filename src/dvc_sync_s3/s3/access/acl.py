"""Access control lists: grants, the canned ones, and whom a list lets in.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from dvc_sync_s3.s3.access.accounts import ANONYMOUS, Account
from dvc_sync_s3.s3.errors import S3Error


class Permission(StrEnum):
    """What a grant allows; `FULL_CONTROL` is all the others together."""

    READ = "READ"
    WRITE = "WRITE"
    READ_ACP = "READ_ACP"
    WRITE_ACP = "WRITE_ACP"
    FULL_CONTROL = "FULL_CONTROL"


class Group(StrEnum):
    """AWS's groups, by the addresses that name them."""

    ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
    AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
    LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


Grantee = str | Group
"""The id of an account, or a group."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission for one grantee."""

    grantee: Grantee
    permission: Permission


Acl = tuple[Grant, ...]
_PUBLIC = (Group.ALL_USERS, Group.AUTHENTICATED_USERS)


def private_acl(owner_id: str) -> Acl:
    """Return the list that lets in the owner alone."""
    return (Grant(owner_id, Permission.FULL_CONTROL),)


def canned_acl(name: str, owner_id: str, bucket_owner_id: str) -> Acl:
    """Return what a canned list's name stands for, groups first; raise `InvalidArgument` for a name that is none.

    >>> [grant.permission.value for grant in canned_acl("public-read", "a", "a")]
    ['READ', 'FULL_CONTROL']
    """
    before: dict[str, Acl] = {
        "private": (),
        "public-read": (Grant(Group.ALL_USERS, Permission.READ),),
        "public-read-write": (
            Grant(Group.ALL_USERS, Permission.READ),
            Grant(Group.ALL_USERS, Permission.WRITE),
        ),
        "authenticated-read": (Grant(Group.AUTHENTICATED_USERS, Permission.READ),),
        "aws-exec-read": (),  # for machines of Amazon's
        "log-delivery-write": (
            Grant(Group.LOG_DELIVERY, Permission.WRITE),
            Grant(Group.LOG_DELIVERY, Permission.READ_ACP),
        ),
        "bucket-owner-read": (Grant(bucket_owner_id, Permission.READ),),
        "bucket-owner-full-control": (Grant(bucket_owner_id, Permission.FULL_CONTROL),),
    }
    if name not in before:
        raise S3Error("InvalidArgument", "x-amz-acl must be one of the canned access control lists.")
    others = (grant for grant in before[name] if grant.grantee != owner_id)
    return (*others, *private_acl(owner_id))


def lets_in(acl: Acl, account: Account, permission: Permission) -> bool:
    """Tell whether a grant gives the account the permission."""
    is_signed = account != ANONYMOUS
    grantees = {Group.ALL_USERS, *((account.id, Group.AUTHENTICATED_USERS) if is_signed else ())}
    return any(grant.grantee in grantees and grant.permission in (permission, Permission.FULL_CONTROL) for grant in acl)


def is_public(acl: Acl) -> bool:
    """Tell whether a grant is to a group that anyone can be in."""
    return any(grant.grantee in _PUBLIC for grant in acl)


def without_public(acl: Acl) -> Acl:
    """Return the list without the grants that make it public."""
    return tuple(grant for grant in acl if grant.grantee not in _PUBLIC)


def acl_text(acl: Acl, owner_id: str) -> str | None:
    """Return the list as the store keeps it: None if it lets in the owner alone."""
    if acl == private_acl(owner_id):
        return None
    rows = [
        ("group" if isinstance(grant.grantee, Group) else "account", grant.grantee, grant.permission) for grant in acl
    ]
    return json.dumps(rows, separators=(",", ":"))


@lru_cache(maxsize=256)
def stored_acl(text: str | None, owner_id: str) -> Acl:
    """Return the list in a text of `acl_text`.

    >>> acl = canned_acl("public-read", "a", "a")
    >>> stored_acl(acl_text(acl, "a"), "a") == acl, stored_acl(None, "a") == private_acl("a")
    (True, True)
    """
    if text is None:
        return private_acl(owner_id)
    return tuple(
        Grant(Group(name) if kind == "group" else name, Permission(permission))
        for kind, name, permission in json.loads(text)
    )
