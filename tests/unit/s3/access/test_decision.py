"""Who may do what: every pair of a relation to the bucket and an operation, and what overrides what."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from dvc_sync_s3.s3.access.accounts import ANONYMOUS, MAIN, Account, named_account
from dvc_sync_s3.s3.access.acl import Acl, Grant, Group, Permission, canned_acl, private_acl
from dvc_sync_s3.s3.access.bucket_policy import read_policy
from dvc_sync_s3.s3.access.decision import Asker, BucketAccess, ObjectAccess, is_owners_alone, may, need_of
from dvc_sync_s3.s3.access.ownership import Ownership
from dvc_sync_s3.s3.access.public_access import ALL_BLOCKED, NOTHING_BLOCKED, PublicAccessBlock
from dvc_sync_s3.s3.operations import OPERATIONS

OTHER = named_account("other")
THIRD = named_account("third@example.com")
PRIVATE = private_acl(MAIN.id)
OBJECT_OPERATIONS = ("GetObject", "GetObjectAcl", "GetObjectAttributes", "HeadObject", "PutObjectAcl")


def a_bucket(
    acl: Acl = PRIVATE,
    ownership: Ownership = Ownership.WRITER,
    block: PublicAccessBlock = NOTHING_BLOCKED,
    statements: Sequence[object] = (),
) -> BucketAccess:
    policy = read_policy(json.dumps({"Statement": statements}).encode(), "team") if statements else None
    return BucketAccess("team", MAIN.id, ownership, acl, block, policy)


def an_object(owner: Account = MAIN, acl: Acl | None = None) -> ObjectAccess:
    return ObjectAccess(owner.id, private_acl(owner.id) if acl is None else acl)


def allowed(account: Account, bucket: BucketAccess, found: ObjectAccess | None = None, address: str = "") -> set[str]:
    """Return the operations that the account may use on the key 318."""
    asker, found = Asker(account, address), found or an_object()
    return {operation for operation in OPERATIONS if may(asker, operation, bucket, "318", found)}


def statement(effect: str, action: str, principal: object = "*", resource: str = "team/*", **more: object) -> object:
    return {
        "Effect": effect,
        "Action": action,
        "Principal": principal,
        "Resource": f"arn:aws:s3:::{resource}",
        **more,
    }


@pytest.mark.parametrize("ownership", Ownership)
@pytest.mark.parametrize("acl", [PRIVATE, ()])
def test_an_owner_may_everything_whatever_lists_say(ownership: Ownership, acl: Acl) -> None:
    assert allowed(MAIN, a_bucket(acl, ownership), an_object(acl=acl)) == set(OPERATIONS)


@pytest.mark.parametrize("account", [OTHER, ANONYMOUS])
@pytest.mark.parametrize("ownership", Ownership)
def test_nobody_else_may_anything_unless_let_in(account: Account, ownership: Ownership) -> None:
    assert allowed(account, a_bucket(ownership=ownership)) == set()


@pytest.mark.parametrize("account", [OTHER, ANONYMOUS])
def test_where_lists_are_off_they_let_in_nobody(account: Account) -> None:
    everything = (Grant(Group.ALL_USERS, Permission.FULL_CONTROL), Grant(OTHER.id, Permission.FULL_CONTROL))
    bucket = a_bucket(everything, Ownership.ENFORCED)
    assert allowed(account, bucket, an_object(acl=everything)) == set()
    assert is_owners_alone(bucket)


@pytest.mark.parametrize(
    ("permission", "of_bucket", "of_object"),
    [
        (
            Permission.READ,
            {"HeadBucket", "ListMultipartUploads", "ListObjects", "ListObjectsV2", "ListObjectVersions"},
            {"GetObject", "GetObjectAttributes", "HeadObject"},
        ),
        (
            Permission.WRITE,
            {
                *("AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload"),
                *("DeleteObject", "DeleteObjects", "ListParts", "PostObject", "PutObject", "UploadPart"),
                "UploadPartCopy",
            },
            set(),
        ),
        (Permission.READ_ACP, {"GetBucketAcl"}, {"GetObjectAcl"}),
        (Permission.WRITE_ACP, {"PutBucketAcl"}, {"PutObjectAcl"}),
    ],
)
def test_a_permission_allows_what_aws_says_it_does(
    permission: Permission, of_bucket: set[str], of_object: set[str]
) -> None:
    acl = (Grant(OTHER.id, permission),)
    assert allowed(OTHER, a_bucket(acl)) == of_bucket
    assert allowed(OTHER, a_bucket(), an_object(acl=acl)) == of_object
    assert allowed(THIRD, a_bucket(acl), an_object(acl=acl)) == set()


def test_full_control_is_all_permissions_and_never_what_is_the_owners_alone() -> None:
    acl = (Grant(OTHER.id, Permission.FULL_CONTROL),)
    may_now = allowed(OTHER, a_bucket(acl), an_object(acl=acl))
    assert may_now == {operation for operation in OPERATIONS if need_of(operation).permission is not None}
    assert {"DeleteBucket", "PutBucketPolicy", "PutPublicAccessBlock", "GetObjectTagging"}.isdisjoint(may_now)


def test_everyone_is_more_than_everyone_who_signs() -> None:
    for canned, everyone in (("public-read", True), ("authenticated-read", False)):
        bucket = a_bucket(canned_acl(canned, MAIN.id, MAIN.id))
        assert "ListObjects" in allowed(OTHER, bucket)
        assert ("ListObjects" in allowed(ANONYMOUS, bucket)) is everyone


def test_public_grants_count_for_nothing_where_they_are_ignored() -> None:
    block = PublicAccessBlock(
        block_public_acls=False, ignore_public_acls=True, block_public_policy=False, restrict_public_buckets=False
    )
    acl = (*canned_acl("public-read-write", MAIN.id, MAIN.id), Grant(OTHER.id, Permission.READ))
    assert allowed(ANONYMOUS, a_bucket(acl, block=block)) == set()
    assert "ListObjects" in allowed(OTHER, a_bucket(acl, block=block))


def test_an_object_of_another_in_ones_bucket_can_be_removed_but_not_read() -> None:
    may_now = allowed(MAIN, a_bucket(), an_object(OTHER))
    assert may_now == set(OPERATIONS) - set(OBJECT_OPERATIONS)
    assert allowed(OTHER, a_bucket(), an_object(OTHER)) == set(OBJECT_OPERATIONS)


@pytest.mark.parametrize("operation", ["GetObject", "HeadObject", "PutObjectAcl"])
def test_that_there_is_no_such_object_is_told_to_who_may_list(operation: str) -> None:
    listing = a_bucket((Grant(OTHER.id, Permission.READ),))
    assert may(Asker(OTHER), operation, listing, "318", None)
    assert not may(Asker(OTHER), operation, a_bucket((Grant(OTHER.id, Permission.WRITE),)), "318", None)
    assert may(Asker(MAIN), operation, a_bucket(), "318", None)


def test_a_policy_lets_in_where_lists_are_off() -> None:
    bucket = a_bucket(ownership=Ownership.ENFORCED, statements=[statement("Allow", "s3:GetObject", {"AWS": OTHER.id})])
    assert allowed(OTHER, bucket) == {"GetObject", "GetObjectAttributes", "HeadObject"}
    assert allowed(THIRD, bucket) == set()
    assert not is_owners_alone(bucket)


def test_a_policy_that_forbids_has_the_last_word_even_over_the_owner() -> None:
    forbidding = [statement("Deny", "s3:*", resource="team/*"), statement("Allow", "*")]
    bucket = a_bucket(canned_acl("public-read-write", MAIN.id, MAIN.id), statements=forbidding)
    for account in (MAIN, OTHER, ANONYMOUS):
        assert "GetObject" not in allowed(account, bucket)


def test_an_owner_can_always_take_a_policy_back() -> None:
    bucket = a_bucket(statements=[statement("Deny", "*", resource="team")])
    about_policy = {"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"}
    assert all(may(Asker(MAIN), operation, bucket, None, None) for operation in about_policy)
    assert not may(Asker(MAIN), "ListObjects", bucket, None, None)
    assert not any(may(Asker(OTHER), operation, bucket, None, None) for operation in about_policy)


def test_a_bucket_made_public_by_its_policy_is_its_owners_alone_where_that_is_restricted() -> None:
    statements = [statement("Allow", "s3:GetObject")]
    assert "GetObject" in allowed(ANONYMOUS, a_bucket(statements=statements))
    restricted = a_bucket(statements=statements, block=ALL_BLOCKED)
    assert allowed(ANONYMOUS, restricted) == allowed(OTHER, restricted) == set()
    assert allowed(MAIN, restricted) == set(OPERATIONS)


def test_a_prefix_that_a_policy_names_limits_what_is_listed_and_what_is_said_not_to_be_there() -> None:
    condition = {"StringLike": {"s3:prefix": "public/*"}}
    bucket = a_bucket(statements=[statement("Allow", "s3:ListBucket", resource="team", Condition=condition)])
    assert may(Asker(OTHER), "ListObjectsV2", bucket, None, None, "public/a")
    assert not may(Asker(OTHER), "ListObjectsV2", bucket, None, None, "private/a")
    assert may(Asker(OTHER), "HeadObject", bucket, "public/a", None)
    assert not may(Asker(OTHER), "HeadObject", bucket, "private/a", None)


def test_an_address_that_a_policy_names_is_where_the_request_comes_from() -> None:
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    bucket = a_bucket(statements=[statement("Allow", "s3:GetObject", Condition=condition)])
    assert "GetObject" in allowed(ANONYMOUS, bucket, address="10.1.2.3")
    for address in ("11.1.2.3", "", "unix"):
        assert "GetObject" not in allowed(ANONYMOUS, bucket, address=address)
