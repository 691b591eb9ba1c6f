"""Every operation on offer, asked by botocore and answered in the words of its model: it knows each element."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import Session

from dvc_sync_s3.s3.operations import OPERATIONS
from tests.conformance.conftest import Service, boto3_client

MODEL = Session().get_service_model("s3")
NOT_IN_THE_MODEL = {"PostObject"}
"""A browser's form, which SDKs don't send."""
NOTHING_THERE = {
    "GetBucketCors",
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketPolicy",
    "GetBucketReplication",
    "GetBucketTagging",
    "GetBucketWebsite",
    "GetObjectLockConfiguration",
}
"""What answers 404 for a bucket that has none."""
TAGGING = {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}
OTHERS: Mapping[str, Mapping[str, Any]] = {
    "CopyObject": {"CopySource": "{bucket}/out/1"},
    "CreateBucket": {"Bucket": "{bucket}-new"},
    "DeleteBucket": {"Bucket": "{bucket}-empty"},
    "DeleteObjects": {"Delete": {"Objects": [{"Key": "318"}, {"Key": "not there"}]}},
    "GetObjectAttributes": {"ObjectAttributes": ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]},
    "ListObjects": {"Delimiter": "/"},
    "ListObjectsV2": {"Delimiter": "/", "FetchOwner": True},
    "PutBucketAcl": {"ACL": "private"},
    "PutBucketCors": {"CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}},
    "PutBucketOwnershipControls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    "PutBucketPolicy": {
        "Policy": '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket",'
        ' "Resource": "arn:aws:s3:::{bucket}"}}'
    },
    "PutBucketTagging": TAGGING,
    "PutObject": {"Body": b"x"},
    "PutObjectAcl": {"ACL": "private"},
    "PutObjectTagging": TAGGING,
    "PutPublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
    "UploadPart": {"PartNumber": 2, "Body": b"x"},
    "UploadPartCopy": {"PartNumber": 2, "CopySource": "{bucket}/out/1"},
}
"""What an operation is asked besides bucket, key and upload."""
STATUSES = {"PutBucketPolicy": 204}
"""What AWS answers, by the example on its page, where the model says otherwise."""
_numbers = itertools.count(1)


@pytest.fixture
def scene(s3: Any) -> str:
    """A bucket in which every operation finds something, and an empty one."""
    bucket = f"scene-{next(_numbers)}"
    s3.create_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=f"{bucket}-empty")
    for key in ("318", "out/1"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", Tagging="a=b")
    return bucket


def asked(s3: Any, operation: str, bucket: str) -> dict[str, Any]:
    """Return the parameters of a request that succeeds."""
    shape = MODEL.operation_model(operation).input_shape
    names = set() if shape is None else set(shape.members)
    parameters: dict[str, Any] = {"Bucket": bucket} if "Bucket" in names else {}
    if "UploadId" in names:
        parameters["UploadId"] = s3.create_multipart_upload(Bucket=bucket, Key="318")["UploadId"]
        part = s3.upload_part(Bucket=bucket, Key="318", UploadId=parameters["UploadId"], PartNumber=1, Body=b"x")
        if "MultipartUpload" in names:
            parameters["MultipartUpload"] = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    if "Key" in names:
        parameters["Key"] = "318"
    for name, value in OTHERS.get(operation, {}).items():
        parameters[name] = value.replace("{bucket}", bucket) if isinstance(value, str) else value
    return parameters


def unknown(element: ET.Element, shape: Any) -> Iterator[str]:
    """Yield the elements below `element` that `shape` has no place for."""
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        yield from (child.tag for child in element if tag_of(child) != name)
        for child in element:
            yield from unknown(child, shape.member)
    elif shape.type_name == "structure":
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for child in element:
            member = members.get(tag_of(child))
            if member is None:
                yield f"{element.tag}/{child.tag}"
            elif member.type_name == "list" and member.serialization.get("flattened"):
                yield from unknown(child, member.member)
            else:
                yield from unknown(child, member)


def tag_of(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - NOT_IN_THE_MODEL - NOTHING_THERE))
def test_an_answer_is_what_the_model_says(service: Service, s3: Any, scene: str, operation: str) -> None:
    client = boto3_client(service.url)
    answers: list[tuple[int, bytes]] = []

    def keep(response_dict: Mapping[str, Any], **_: Any) -> None:
        answers.append((response_dict["status_code"], response_dict["body"]))

    client.meta.events.register("before-parse.s3", keep)
    parsed = getattr(client, xform_name(operation))(**asked(s3, operation, scene))

    model = MODEL.operation_model(operation)
    ((status, body),) = answers
    assert status == STATUSES.get(operation, model.http.get("responseCode", 200))
    assert parsed["ResponseMetadata"]["HTTPHeaders"]["x-amz-request-id"]
    if model.output_shape is None or model.has_streaming_output or not body:
        return
    payload = model.output_shape.serialization.get("payload")
    shape = model.output_shape.members[payload] if payload else model.output_shape
    document = ET.fromstring(body)  # noqa: S314 - the service under test wrote it
    assert document.tag.startswith("{http://s3.amazonaws.com/doc/2006-03-01/}")
    assert list(unknown(document, shape)) == []


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) & NOTHING_THERE))
def test_what_a_bucket_lacks_is_not_found(s3: Any, scene: str, operation: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(s3, xform_name(operation))(Bucket=scene)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert refused.value.response["Error"]["Code"] not in {"404", "NoSuchBucket"}
