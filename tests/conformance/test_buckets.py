"""Buckets and what they say of themselves, as boto3 asks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.s3.access.accounts import MAIN
from dvc_sync_s3.s3.service import S3Service
from dvc_sync_s3.s3.sigv4.verify import Keyring
from tests.conformance.conftest import Service, serving
from tests.conformance.signing import ACCESS_KEY_ID, SECRET, presign, sign
from tests.conformance.wire import Wire, call

_numbers = itertools.count(1)
OWNER = {"ID": MAIN.id, "DisplayName": MAIN.name}


@pytest.fixture
def new() -> str:
    """The name of a bucket that isn't there."""
    return f"made-{next(_numbers)}"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def refused(operation: Any, **asked: Any) -> str:
    with pytest.raises(ClientError) as error:
        operation(**asked)
    return code_of(error)


def test_a_bucket_is_made_listed_and_removed(s3: Any, new: str) -> None:
    assert s3.create_bucket(Bucket=new)["Location"] == f"/{new}"

    listed = s3.list_buckets(Prefix=new)
    assert [bucket["Name"] for bucket in listed["Buckets"]] == [new]
    assert abs(datetime.now(UTC) - listed["Buckets"][0]["CreationDate"]) < timedelta(minutes=1)
    assert listed["Owner"] == OWNER
    assert s3.delete_bucket(Bucket=new)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.list_buckets(Prefix=new)["Buckets"] == []
    assert refused(s3.delete_bucket, Bucket=new) == "NoSuchBucket"


def test_a_removed_bucket_is_gone_at_once_and_can_be_made_again(s3: Any, new: str) -> None:
    s3.create_bucket(Bucket=new)
    s3.put_object(Bucket=new, Key="318", Body=b"1")
    s3.put_bucket_tagging(Bucket=new, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert refused(s3.delete_bucket, Bucket=new) == "BucketNotEmpty"
    s3.delete_object(Bucket=new, Key="318")
    s3.delete_bucket(Bucket=new)

    assert refused(s3.put_object, Bucket=new, Key="318", Body=b"2") == "NoSuchBucket"
    assert refused(s3.list_objects_v2, Bucket=new) == "NoSuchBucket"
    s3.create_bucket(Bucket=new)
    assert s3.list_objects_v2(Bucket=new)["KeyCount"] == 0
    assert refused(s3.get_bucket_tagging, Bucket=new) == "NoSuchTagSet"


def test_a_bucket_made_again_keeps_its_objects(s3: Any, new: str) -> None:
    s3.create_bucket(Bucket=new)
    s3.put_object(Bucket=new, Key="318", Body=b"1")

    s3.create_bucket(Bucket=new)

    assert s3.list_objects_v2(Bucket=new)["KeyCount"] == 1


def test_a_bucket_remembers_the_location_it_was_made_for(s3: Any, new: str) -> None:
    in_frankfurt = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket=new, CreateBucketConfiguration=in_frankfurt)

    assert s3.get_bucket_location(Bucket=new)["LocationConstraint"] == "eu-central-1"
    assert s3.head_bucket(Bucket=new)["BucketRegion"] == "eu-central-1"
    assert refused(s3.create_bucket, Bucket=new, CreateBucketConfiguration=in_frankfurt) == "BucketAlreadyOwnedByYou"
    assert [found["Name"] for found in s3.list_buckets(BucketRegion="eu-central-1", Prefix=new)["Buckets"]] == [new]
    assert s3.list_buckets(BucketRegion="us-east-1", Prefix=new)["Buckets"] == []


def test_a_bucket_made_for_nowhere_is_in_the_oldest_region(s3: Any, bucket: str) -> None:
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"


@pytest.mark.parametrize(
    "name",
    ["ab", "a" * 64, "Annotations", "a_b", "-ab", "ab-", "a..b", "a.-b", "a-.b", "10.0.0.1", "-", ".dvc-sync-s3"],
)
def test_a_name_that_no_bucket_can_have_is_refused(service: Service, name: str) -> None:
    assert call(service.url, "PUT", f"/{name}").code == "InvalidBucketName"


@pytest.mark.parametrize("name", ["abc", "a" * 63, "0ab", "team.labels-2", "1.2.3.4.5"])
def test_any_other_name_is_taken(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name)
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"ACL": "private"}, None),
        ({"ObjectOwnership": "BucketOwnerEnforced"}, None),
        ({"ACL": "public-read"}, "InvalidBucketAclWithObjectOwnership"),
        ({"GrantRead": f'id="{MAIN.id}"'}, "InvalidBucketAclWithObjectOwnership"),
        ({"ObjectOwnership": "ObjectWriter"}, None),
        ({"ObjectOwnership": "Nobody"}, "InvalidArgument"),
        ({"ObjectLockEnabledForBucket": True}, "NotImplemented"),
        ({"CreateBucketConfiguration": {"LocationConstraint": "not a region"}}, "InvalidLocationConstraint"),
        ({"CreateBucketConfiguration": {"Location": {"Type": "AvailabilityZone"}}}, "NotImplemented"),
    ],
)
def test_a_bucket_that_can_not_be_as_asked_is_not_made(
    s3: Any, new: str, asked: dict[str, Any], code: str | None
) -> None:
    if code is None:
        s3.create_bucket(Bucket=new, **asked)
    else:
        assert refused(s3.create_bucket, Bucket=new, **asked) == code
    assert bool(s3.list_buckets(Prefix=new)["Buckets"]) is (code is None)


def test_buckets_are_listed_by_pages(s3: Any) -> None:
    names = [f"paged-{number}" for number in range(5)]
    for name in names:
        s3.create_bucket(Bucket=name)

    first = s3.list_buckets(Prefix="paged-", MaxBuckets=2)
    pages = list(s3.get_paginator("list_buckets").paginate(Prefix="paged-", PaginationConfig={"PageSize": 2}))
    last = s3.list_buckets(Prefix="paged-", MaxBuckets=5)

    assert first["Prefix"] == "paged-"
    assert [bucket["Name"] for page in pages for bucket in page["Buckets"]] == names
    assert len(pages) == 3
    assert "ContinuationToken" not in last


@pytest.mark.parametrize("query", ["max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=%21"])
def test_a_page_of_buckets_that_makes_no_sense_is_refused(service: Service, query: str) -> None:
    assert call(service.url, "GET", f"/?{query}").code == "InvalidArgument"


def test_everything_is_its_owners_and_can_only_stay_so(s3: Any, bucket: str) -> None:
    found = s3.get_bucket_acl(Bucket=bucket)
    assert found["Owner"] == OWNER
    assert found["Grants"] == [{"Grantee": {**OWNER, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]

    same = {"Owner": found["Owner"], "Grants": found["Grants"]}
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=same)
    everyone = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    for grantee, code in (
        (everyone, "AccessControlListNotSupported"),
        ({"Type": "CanonicalUser", "ID": "other"}, "InvalidArgument"),
        ({"Type": "AmazonCustomerByEmail", "EmailAddress": "a@b.c"}, "UnresolvableGrantByEmailAddress"),
    ):
        more = {**same, "Grants": [*found["Grants"], {"Grantee": grantee, "Permission": "READ"}]}
        assert refused(s3.put_bucket_acl, Bucket=bucket, AccessControlPolicy=more) == code
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read") == "AccessControlListNotSupported"
    assert refused(s3.put_bucket_acl, Bucket=bucket, AccessControlPolicy={**same, "Grants": []}) == (
        "AccessControlListNotSupported"
    )
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False


def test_an_owner_that_is_expected_must_be_the_owner(s3: Any, bucket: str) -> None:
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=MAIN.id)
    assert refused(s3.list_objects_v2, Bucket=bucket, ExpectedBucketOwner="123456789012") == "AccessDenied"


def test_tags_of_a_bucket_are_kept_until_they_are_removed(s3: Any, bucket: str) -> None:
    tags = [{"Key": "team", "Value": "é"}, {"Key": "topic", "Value": ""}]
    assert refused(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refused(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    many = [{"Key": str(number), "Value": ""} for number in range(51)]
    assert refused(s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": many}) == "InvalidTag"


def test_public_access_is_blocked_unless_told_otherwise_and_then_too(service: Service, s3: Any, bucket: str) -> None:
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

    def found() -> Any:
        return s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]

    assert found() == dict.fromkeys(switches, True)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert found() == {**dict.fromkeys(switches, False), "BlockPublicAcls": True}
    s3.delete_public_access_block(Bucket=bucket)
    assert refused(s3.get_public_access_block, Bucket=bucket) == "NoSuchPublicAccessBlockConfiguration"
    with Wire(service.url) as wire:
        wire.send_head("GET", f"/{bucket}", {"Host": "x"})
        assert wire.read().code == "AccessDenied"


def test_objects_belong_to_the_buckets_owner_unless_it_says_otherwise(s3: Any, bucket: str) -> None:
    def controls(ownership: str) -> dict[str, Any]:
        return {"Rules": [{"ObjectOwnership": ownership}]}

    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls("BucketOwnerEnforced")
    put = s3.put_bucket_ownership_controls
    put(Bucket=bucket, OwnershipControls=controls("ObjectWriter"))
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls("ObjectWriter")
    assert refused(put, Bucket=bucket, OwnershipControls=controls("Nobody")) == "InvalidArgument"
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert refused(s3.get_bucket_ownership_controls, Bucket=bucket) == "OwnershipControlsNotFoundError"
    put(Bucket=bucket, OwnershipControls=controls("BucketOwnerEnforced"))
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls("BucketOwnerEnforced")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ],
)
def test_what_a_bucket_has_not_is_told_in_awss_words(s3: Any, bucket: str, asked: str, code: str) -> None:
    assert refused(getattr(s3, asked), Bucket=bucket) == code
    assert refused(getattr(s3, asked), Bucket="not-there") == "NoSuchBucket"


def test_a_bucket_has_no_versions_log_notification_or_acceleration_and_its_owner_pays(s3: Any, bucket: str) -> None:
    for asked in (
        s3.get_bucket_versioning,
        s3.get_bucket_logging,
        s3.get_bucket_notification_configuration,
        s3.get_bucket_accelerate_configuration,
    ):
        assert asked(Bucket=bucket).keys() == {"ResponseMetadata"}
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"


def test_what_is_not_there_can_be_removed(s3: Any, bucket: str) -> None:
    for remove in (s3.delete_bucket_policy, s3.delete_bucket_encryption, s3.delete_bucket_lifecycle):
        assert remove(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
        assert refused(remove, Bucket="not-there") == "NoSuchBucket"


def test_rules_for_other_origins_hold_for_their_bucket_alone(service: Service, s3: Any, bucket: str, new: str) -> None:
    s3.create_bucket(Bucket=new)
    rules = [
        {"AllowedMethods": ["PUT"], "AllowedOrigins": ["https://*.example.com"], "AllowedHeaders": ["*"], "ID": "up"},
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://b"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60},
    ]
    assert refused(s3.get_bucket_cors, Bucket=new) == "NoSuchCORSConfiguration"
    s3.put_bucket_cors(Bucket=new, CORSConfiguration={"CORSRules": rules})
    assert s3.get_bucket_cors(Bucket=new)["CORSRules"] == rules

    def preflight(target: str, origin: str, method: str) -> str | None:
        with Wire(service.url) as wire:
            asked = {"Host": "x", "Origin": origin, "Access-Control-Request-Method": method}
            wire.send_head("OPTIONS", target, asked)
            return wire.read().headers.get("access-control-allow-origin")

    assert preflight(f"/{new}/318", "https://a.example.com", "PUT") == "https://a.example.com"
    assert preflight(f"/{new}/318", "https://a.example.com", "GET") is None
    assert preflight(f"/{bucket}/318", "https://a.example.com", "GET") == "*"
    for origin, allowed in (("https://b", "https://b"), ("https://c", None)):
        answer = call(service.url, "GET", f"/{new}/318", {"Origin": origin})
        assert (answer.code, answer.headers.get("access-control-allow-origin")) == ("NoSuchKey", allowed)
    s3.delete_bucket_cors(Bucket=new)
    assert preflight(f"/{new}/318", "https://c", "GET") == "*"


@pytest.fixture(scope="module")
def hosts(service: Service) -> Iterator[str]:
    """The same store behind names, with a key that may only read."""
    keyring = Keyring({ACCESS_KEY_ID: SECRET, "READER": SECRET}, read_only=frozenset({"READER"}))
    app = S3Service(service.store, keyring, SystemClock(), domains=("s3.test",))
    with serving(app) as authority:
        yield f"http://{authority}"


def send(url: str, method: str, host: str, path: str, keys: tuple[str, str] = (ACCESS_KEY_ID, SECRET)) -> Any:
    with Wire(url) as wire:
        wire.send_head(method, path, sign(method, f"http://{host}{path}", {"Content-Length": "0"}, keys=keys))
        return wire.read(to=method)


@pytest.mark.parametrize("key", ["318", "out//318", "-/ready", "a%20b", "out/%C3%A9"])
def test_a_bucket_may_be_in_the_host(hosts: str, s3: Any, bucket: str, key: str) -> None:
    assert send(hosts, "PUT", f"{bucket}.s3.test:80", f"/{key}").status == 200

    assert send(hosts, "GET", f"{bucket}.s3.test", f"/{key}").status == 200
    assert send(hosts, "GET", "s3.test", f"/{bucket}/{key}").status == 200
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert f"<Name>{bucket}</Name>" in send(hosts, "GET", f"{bucket}.s3.test", "/").body.decode()
    assert send(hosts, "GET", "not-there.s3.test", "/").code == "NoSuchBucket"


def test_a_presigned_url_may_have_the_bucket_in_its_host(hosts: str, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="318", Body=b"body")
    host = f"{bucket}.s3.test"
    with Wire(hosts) as wire:
        wire.send_head("GET", presign("GET", f"http://{host}/318").removeprefix(f"http://{host}"), {"Host": host})
        assert wire.read().body == b"body"


def test_a_read_only_key_reads_and_changes_nothing(hosts: str, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="318", Body=b"body")
    reader = ("READER", SECRET)

    for method, path in (("GET", f"/{bucket}/318"), ("GET", f"/{bucket}"), ("GET", "/"), ("HEAD", f"/{bucket}/318")):
        assert send(hosts, method, "s3.test", path, reader).status == 200
    for method, path in (("PUT", f"/{bucket}/319"), ("DELETE", f"/{bucket}/318"), ("PUT", "/a-new-bucket")):
        assert send(hosts, method, "s3.test", path, reader).code == "AccessDenied"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_a_listing_names_owners_where_aws_does(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="318", Body=b"1", ChecksumAlgorithm="SHA256")

    [old] = s3.list_objects(Bucket=bucket)["Contents"]
    [plain] = s3.list_objects_v2(Bucket=bucket)["Contents"]
    [owned] = s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]

    assert old["Owner"] == owned["Owner"] == OWNER
    assert "Owner" not in plain
    assert plain["ChecksumAlgorithm"] == ["SHA256"]


KEYS = ["a", "a/1", "a/2", "b/1", "z\n", "é"]


@pytest.mark.parametrize("page_size", [1, 2, 1000])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_every_object_is_its_own_latest_version(s3: Any, bucket: str, page_size: int, delimiter: str) -> None:
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")

    asked = {"Bucket": bucket, "Delimiter": delimiter, "PaginationConfig": {"PageSize": page_size}}
    pages = list(s3.get_paginator("list_object_versions").paginate(**asked))

    versions = [version for page in pages for version in page.get("Versions", [])]
    assert [version["Key"] for version in versions] == [key for key in KEYS if not delimiter or "/" not in key]
    assert all(version["VersionId"] == "null" and version["IsLatest"] for version in versions)
    prefixes = [prefix["Prefix"] for page in pages for prefix in page.get("CommonPrefixes", [])]
    assert prefixes == (["a/", "b/"] if delimiter else [])
    assert not any("DeleteMarkers" in page for page in pages)


def test_a_version_marker_needs_its_key(service: Service, bucket: str) -> None:
    assert call(service.url, "GET", f"/{bucket}?versions&version-id-marker=null").code == "InvalidArgument"


@pytest.mark.parametrize("value", ["-1", "blah", "1.5", "2147483648", "%D9%A3"])
@pytest.mark.parametrize("listing", ["", "list-type=2&", "versions&"])
def test_a_number_of_keys_that_is_none_is_refused(service: Service, bucket: str, listing: str, value: str) -> None:
    assert call(service.url, "GET", f"/{bucket}?{listing}max-keys={value}").code == "InvalidArgument"
