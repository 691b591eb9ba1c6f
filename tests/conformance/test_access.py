"""Several owners, lists, policies and public buckets, as boto3 and unsigned requests meet them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.s3.access.accounts import ANONYMOUS, MAIN, named_account
from dvc_sync_s3.s3.access.ownership import Ownership
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from tests.conformance.conftest import Service, serving
from tests.conformance.signing import ACCESS_KEY_ID, SECRET
from tests.conformance.wire import Wire

_numbers = itertools.count(1)
EMAIL = "labs@example.com"
LABS = named_account(EMAIL)
KEYRING = Keyring(
    {ACCESS_KEY_ID: SECRET, "LABS": SECRET, "LABSREADER": SECRET},
    read_only=frozenset({"LABSREADER"}),
    accounts={"LABS": LABS, "LABSREADER": LABS},
)
EVERYONE = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}


@pytest.fixture(scope="module", params=[Ownership.ENFORCED, Ownership.WRITER], ids=["private", "lists"])
def endpoint(request: pytest.FixtureRequest, service: Service) -> Iterator[tuple[str, Ownership]]:
    """The service with two owners, once for each of what new buckets begin with."""
    app = S3Service(service.store, KEYRING, SystemClock(), new_buckets=request.param, idle_timeout_s=0.5)
    with serving(app) as authority:
        yield f"http://{authority}", request.param


@pytest.fixture(scope="module")
def by_default(service: Service) -> Iterator[str]:
    """The service with two owners and all else left as it is."""
    with serving(S3Service(service.store, KEYRING, SystemClock())) as authority:
        yield f"http://{authority}"


@pytest.fixture(scope="module")
def with_lists(service: Service) -> Iterator[str]:
    """The service whose new buckets have lists."""
    with serving(S3Service(service.store, KEYRING, SystemClock(), new_buckets=Ownership.WRITER)) as authority:
        yield f"http://{authority}"


def client(url: str, access_key_id: str | None) -> Any:
    """Return a client that signs with the key, or one that doesn't sign."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key_id or "-",
        aws_secret_access_key=SECRET,
        config=Config(
            signature_version="s3v4" if access_key_id else UNSIGNED,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            proxies={},
        ),
    )


def refusal(operation: Any, **asked: Any) -> str | None:
    try:
        operation(**asked)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def made(s3: Any, **asked: Any) -> str:
    name = f"shared-{next(_numbers)}"
    s3.create_bucket(Bucket=name, **asked)
    return name


def grantees(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (grant["Grantee"].get("ID") or grant["Grantee"]["URI"].rpartition("/")[2], grant["Permission"])
        for grant in found["Grants"]
    ]


def test_without_a_setting_nothing_is_public_and_nobody_else_may_anything(by_default: str) -> None:
    s3, labs, nobody = (client(by_default, key) for key in (ACCESS_KEY_ID, "LABS", None))
    bucket = made(s3)
    s3.put_object(Bucket=bucket, Key="318", Body=b"mine")

    for other in (labs, nobody):
        assert refusal(other.get_object, Bucket=bucket, Key="318") == "AccessDenied"
        assert refusal(other.get_object, Bucket=bucket, Key="not there") == "AccessDenied"
        assert refusal(other.list_objects_v2, Bucket=bucket) == "AccessDenied"
        assert refusal(other.put_object, Bucket=bucket, Key="319", Body=b"theirs") == "AccessDenied"
        assert refusal(other.delete_object, Bucket=bucket, Key="318") == "AccessDenied"
        asked = {"Bucket": bucket, "Delete": {"Objects": [{"Key": "318"}]}}
        assert refusal(other.delete_objects, **asked) == "AccessDenied"
        assert refusal(other.get_bucket_acl, Bucket=bucket) == "AccessDenied"
        assert refusal(other.create_multipart_upload, Bucket=bucket, Key="319") == "AccessDenied"
    assert refusal(nobody.list_buckets) == refusal(nobody.create_bucket, Bucket="by-nobody") == "AccessDenied"
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["318"]


def test_it_takes_three_steps_to_make_something_public(by_default: str) -> None:
    s3, nobody = client(by_default, ACCESS_KEY_ID), client(by_default, None)
    bucket = made(s3)
    s3.put_object(Bucket=bucket, Key="318", Body=b"for all")
    public = {"Bucket": bucket, "Key": "318", "ACL": "public-read"}

    assert refusal(s3.put_object_acl, **public) == "AccessControlListNotSupported"
    writers = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=writers)
    assert refusal(s3.put_object_acl, **public) == "AccessDenied"
    assert refusal(s3.put_object, **public, Body=b"for all") == "AccessDenied"
    s3.delete_public_access_block(Bucket=bucket)
    assert refusal(nobody.get_object, Bucket=bucket, Key="318") == "AccessDenied"
    s3.put_object_acl(**public)

    assert nobody.get_object(Bucket=bucket, Key="318")["Body"].read() == b"for all"
    assert refusal(nobody.list_objects_v2, Bucket=bucket) == "AccessDenied"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert refusal(nobody.get_object, Bucket=bucket, Key="318") == "AccessDenied"


def test_lists_that_are_turned_off_count_for_nothing_and_are_there_again_when_turned_on(with_lists: str) -> None:
    s3, labs = client(with_lists, ACCESS_KEY_ID), client(with_lists, "LABS")
    bucket = made(s3)
    s3.put_object(Bucket=bucket, Key="318", Body=b"x", GrantRead=f"emailaddress={EMAIL}")

    def turn(ownership: str) -> None:
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})

    assert refusal(labs.get_object, Bucket=bucket, Key="318") is None
    turn("BucketOwnerEnforced")
    assert refusal(labs.get_object, Bucket=bucket, Key="318") == "AccessDenied"
    assert grantees(s3.get_object_acl(Bucket=bucket, Key="318")) == [(MAIN.id, "FULL_CONTROL")]
    turn("BucketOwnerPreferred")
    assert refusal(labs.get_object, Bucket=bucket, Key="318") is None
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert (
        refusal(s3.put_bucket_ownership_controls, Bucket=bucket, OwnershipControls=controls)
        == "InvalidBucketAclWithObjectOwnership"
    )


def test_each_owner_has_its_own_buckets(endpoint: tuple[str, Ownership]) -> None:
    url, _ = endpoint
    s3, labs, reader = (client(url, key) for key in (ACCESS_KEY_ID, "LABS", "LABSREADER"))
    mine, theirs = made(s3), made(labs)

    assert theirs not in [found["Name"] for found in s3.list_buckets()["Buckets"]]
    listed = labs.list_buckets()
    assert mine not in [found["Name"] for found in listed["Buckets"]]
    assert theirs in [found["Name"] for found in listed["Buckets"]]
    assert listed["Owner"] == {"ID": LABS.id, "DisplayName": EMAIL}
    assert refusal(labs.create_bucket, Bucket=mine) == "BucketAlreadyExists"
    assert refusal(s3.delete_bucket, Bucket=theirs) == "AccessDenied"
    labs.put_object(Bucket=theirs, Key="318", Body=b"theirs")
    assert reader.get_object(Bucket=theirs, Key="318")["Body"].read() == b"theirs"
    assert refusal(reader.put_object, Bucket=theirs, Key="318", Body=b"x") == "AccessDenied"
    assert refusal(s3.get_object, Bucket=theirs, Key="318") == "AccessDenied"
    assert refusal(labs.head_bucket, Bucket=theirs, ExpectedBucketOwner=LABS.id) is None
    assert refusal(labs.list_objects_v2, Bucket=theirs, ExpectedBucketOwner=MAIN.id) == "AccessDenied"


def test_a_copy_needs_its_source_too(with_lists: str) -> None:
    s3, labs = client(with_lists, ACCESS_KEY_ID), client(with_lists, "LABS")
    mine, theirs = made(s3), made(labs)
    s3.put_object(Bucket=mine, Key="318", Body=b"secret")
    copy = {"Bucket": theirs, "Key": "copy", "CopySource": f"{mine}/318"}
    upload = labs.create_multipart_upload(Bucket=theirs, Key="copy")["UploadId"]

    assert refusal(labs.copy_object, **copy) == "AccessDenied"
    assert refusal(labs.upload_part_copy, **copy, PartNumber=1, UploadId=upload) == "AccessDenied"
    s3.put_object_acl(Bucket=mine, Key="318", GrantRead=f'id="{LABS.id}"')
    assert refusal(labs.copy_object, **copy) is None
    assert refusal(labs.upload_part_copy, **copy, PartNumber=1, UploadId=upload) is None
    assert labs.get_object_acl(Bucket=theirs, Key="copy")["Owner"]["ID"] == LABS.id


@pytest.mark.parametrize(
    ("ownership", "acl", "owner"),
    [
        ("ObjectWriter", "private", LABS),
        ("ObjectWriter", "bucket-owner-full-control", LABS),
        ("BucketOwnerPreferred", "private", LABS),
        ("BucketOwnerPreferred", "bucket-owner-full-control", MAIN),
        ("BucketOwnerEnforced", "bucket-owner-full-control", MAIN),
    ],
)
def test_an_object_belongs_to_whom_the_bucket_says(with_lists: str, ownership: str, acl: str, owner: Any) -> None:
    s3, labs = client(with_lists, ACCESS_KEY_ID), client(with_lists, "LABS")
    bucket = made(s3, ObjectOwnership=ownership)
    allow = {"Effect": "Allow", "Principal": {"AWS": EMAIL}, "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": allow}))

    labs.put_object(Bucket=bucket, Key="put", Body=b"x", ACL=acl)
    upload = labs.create_multipart_upload(Bucket=bucket, Key="parts", ACL=acl)["UploadId"]
    part = labs.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")
    begun = labs.list_parts(Bucket=bucket, Key="parts", UploadId=upload)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    labs.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload=parts)
    labs.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/put", ACL=acl)

    assert (begun["Owner"]["ID"], begun["Initiator"]["ID"]) == (owner.id, LABS.id)
    for key in ("put", "parts", "copy"):
        found = labs.get_object_acl(Bucket=bucket, Key=key)
        assert found["Owner"]["ID"] == owner.id
        assert (owner.id, "FULL_CONTROL") in grantees(found)
    assert {found["Owner"]["ID"] for found in s3.list_objects(Bucket=bucket)["Contents"]} == {owner.id}


def test_an_upload_is_for_who_began_it_and_for_the_buckets_owner(with_lists: str) -> None:
    s3, labs, nobody = (client(with_lists, key) for key in (ACCESS_KEY_ID, "LABS", None))
    bucket = made(s3, ACL="public-read-write")
    upload = {
        "Bucket": bucket,
        "Key": "318",
        "UploadId": labs.create_multipart_upload(Bucket=bucket, Key="318")["UploadId"],
    }

    assert refusal(nobody.list_parts, **upload) == "AccessDenied"
    assert refusal(nobody.abort_multipart_upload, **upload) == "AccessDenied"
    assert refusal(nobody.upload_part, **upload, PartNumber=1, Body=b"x") == "AccessDenied"
    assert refusal(labs.upload_part, **upload, PartNumber=1, Body=b"x") is None
    assert refusal(s3.abort_multipart_upload, **upload) is None


def test_what_nobody_signs_is_nobodys(with_lists: str) -> None:
    s3, nobody = client(with_lists, ACCESS_KEY_ID), client(with_lists, None)
    bucket = made(s3, ACL="public-read-write")

    nobody.put_object(Bucket=bucket, Key="318", Body=b"gift")

    assert nobody.get_object(Bucket=bucket, Key="318")["Body"].read() == b"gift"
    [found] = s3.list_objects(Bucket=bucket)["Contents"]
    assert found["Owner"] == {"ID": ANONYMOUS.id, "DisplayName": "anonymous"}
    assert refusal(s3.get_object, Bucket=bucket, Key="318") == "AccessDenied"
    assert refusal(s3.delete_object, Bucket=bucket, Key="318") is None


def test_an_unsigned_body_in_chunks_is_taken_apart_and_a_signed_one_refused(with_lists: str) -> None:
    s3 = client(with_lists, ACCESS_KEY_ID)
    bucket = made(s3, ACL="public-read-write")

    def put(payload: str) -> str | None:
        with Wire(with_lists) as wire:
            chunked = b"4\r\ngift\r\n0\r\n\r\n"
            headers = {"Host": "x", "x-amz-content-sha256": payload, "x-amz-decoded-content-length": "4"}
            wire.send_head("PUT", f"/{bucket}/318", {**headers, "Content-Length": str(len(chunked))})
            wire.send(chunked)
            answer = wire.read()
            return None if answer.status == 200 else answer.code

    assert put("STREAMING-UNSIGNED-PAYLOAD-TRAILER") is None
    assert client(with_lists, None).head_object(Bucket=bucket, Key="318")["ContentLength"] == 4
    assert put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") == "InvalidRequest"
    assert put("UNSIGNED-PAYLOAD") is None
    assert put("a" * 64) == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize(
    ("grant", "code"),
    [
        ({"Type": "CanonicalUser", "ID": "nobody"}, "InvalidArgument"),
        ({"Type": "AmazonCustomerByEmail", "EmailAddress": "nobody@example.com"}, "UnresolvableGrantByEmailAddress"),
        ({"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/Nobody"}, "InvalidArgument"),
        ({"Type": "CanonicalUser", "ID": LABS.id}, None),
        ({"Type": "AmazonCustomerByEmail", "EmailAddress": EMAIL.upper()}, None),
        (EVERYONE, None),
    ],
)
def test_a_grant_is_to_someone_there_is(with_lists: str, grant: dict[str, str], code: str | None) -> None:
    s3 = client(with_lists, ACCESS_KEY_ID)
    bucket = made(s3)
    owner = {"ID": MAIN.id, "DisplayName": MAIN.name}
    policy = {"Owner": owner, "Grants": [{"Grantee": grant, "Permission": "WRITE_ACP"}]}

    assert refusal(s3.put_bucket_acl, Bucket=bucket, AccessControlPolicy=policy) == code

    expected = (EVERYONE["URI"].rpartition("/")[2] if grant is EVERYONE else LABS.id, "WRITE_ACP")
    assert grantees(s3.get_bucket_acl(Bucket=bucket)) == ([(MAIN.id, "FULL_CONTROL")] if code else [expected])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"ACL": "public-read", "GrantRead": f"id={LABS.id}"}, "InvalidRequest"),
        ({"GrantRead": "labs"}, "InvalidArgument"),
        ({"GrantRead": "name=labs"}, "InvalidArgument"),
        ({"GrantRead": "id=nobody"}, "InvalidArgument"),
        ({"ACL": "nobody"}, "InvalidArgument"),
        ({"AccessControlPolicy": {"Grants": [{"Grantee": EVERYONE, "Permission": "ALL"}]}}, "MalformedACLError"),
        ({"AccessControlPolicy": {"Owner": {"ID": LABS.id}, "Grants": []}}, "AccessDenied"),
    ],
)
def test_a_list_that_can_not_be_is_refused_and_changes_nothing(
    with_lists: str, asked: dict[str, Any], code: str
) -> None:
    s3 = client(with_lists, ACCESS_KEY_ID)
    bucket = made(s3)
    s3.put_object(Bucket=bucket, Key="318", Body=b"x")

    assert refusal(s3.put_object_acl, Bucket=bucket, Key="318", **asked) == code
    assert grantees(s3.get_object_acl(Bucket=bucket, Key="318")) == [(MAIN.id, "FULL_CONTROL")]


def test_a_new_list_leaves_the_object_and_its_time_as_they_are(with_lists: str, service: Service) -> None:
    s3 = client(with_lists, ACCESS_KEY_ID)
    bucket = made(s3)
    s3.put_object(Bucket=bucket, Key="318", Body=b"x", Metadata={"a": "b"})
    before, seq = service.store.head(bucket, "318"), service.store.last_seq()

    s3.put_object_acl(Bucket=bucket, Key="318", ACL="public-read")

    after = service.store.head(bucket, "318")
    assert before is not None
    assert after is not None
    assert (after.modified_at, after.metadata, after.etag) == (before.modified_at, before.metadata, before.etag)
    assert service.store.last_seq() == seq


def test_a_policy_is_given_back_as_it_was_put_and_can_be_removed(by_default: str) -> None:
    s3, labs = client(by_default, ACCESS_KEY_ID), client(by_default, "LABS")
    bucket = made(s3)
    s3.put_object(Bucket=bucket, Key="out/318", Body=b"shared")
    s3.put_object(Bucket=bucket, Key="318", Body=b"mine")
    resource = f"arn:aws:s3:::{bucket}/out/*"
    statement = {"Effect": "Allow", "Principal": {"AWS": EMAIL}, "Action": ["s3:*Object"], "Resource": resource}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    s3.put_bucket_policy(Bucket=bucket, Policy=text)

    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    assert refusal(labs.get_bucket_policy, Bucket=bucket) == "AccessDenied"
    assert labs.get_object(Bucket=bucket, Key="out/318")["Body"].read() == b"shared"
    assert refusal(labs.get_object, Bucket=bucket, Key="318") == "AccessDenied"
    asked = {"Objects": [{"Key": "318"}, {"Key": "out/318"}]}
    answer = labs.delete_objects(Bucket=bucket, Delete=asked)
    assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [("318", "AccessDenied")]
    assert [deleted["Key"] for deleted in answer["Deleted"]] == ["out/318"]
    s3.delete_bucket_policy(Bucket=bucket)
    assert refusal(s3.get_bucket_policy, Bucket=bucket) == "NoSuchBucketPolicy"
    assert refusal(labs.put_object, Bucket=bucket, Key="out/318", Body=b"x") == "AccessDenied"


def test_a_public_policy_is_blocked_until_public_access_is_not(by_default: str) -> None:
    s3, nobody = client(by_default, ACCESS_KEY_ID), client(by_default, None)
    bucket = made(s3)
    s3.put_object(Bucket=bucket, Key="318", Body=b"for all")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    policy = {"Bucket": bucket, "Policy": json.dumps({"Statement": statement})}

    assert refusal(s3.put_bucket_policy, **policy) == "AccessDenied"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    s3.put_bucket_policy(**policy)
    assert refusal(nobody.get_object, Bucket=bucket, Key="318") == "AccessDenied"
    s3.delete_public_access_block(Bucket=bucket)
    assert refusal(nobody.get_object, Bucket=bucket, Key="318") is None
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy="{}") == "MalformedPolicy"
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy=" " * 20_481) == "MalformedPolicy"


def test_what_a_refused_request_would_send_is_never_read(by_default: str) -> None:
    bucket = made(client(by_default, ACCESS_KEY_ID))
    with Wire(by_default) as wire:
        wire.send_head("PUT", f"/{bucket}/318", {"Host": "x", "Content-Length": "9", "Expect": "100-continue"})
        answer = wire.read()
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert "sign the request" in answer.body.decode()


def test_a_bucket_made_again_with_another_list_keeps_the_one_it_has(with_lists: str) -> None:
    s3 = client(with_lists, ACCESS_KEY_ID)
    bucket = made(s3, ACL="public-read")

    assert refusal(s3.create_bucket, Bucket=bucket) == "BucketAlreadyExists"
    assert refusal(s3.create_bucket, Bucket=bucket, ACL="public-read") is None
    assert ("AllUsers", "READ") in grantees(s3.get_bucket_acl(Bucket=bucket))
