"""Every operation of S3 by its true name; the oracle is botocore's model of the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from botocore.model import ServiceModel
from botocore.session import Session

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.routing import ROUTES, operation_of
from tests.unit.s3.asgi import request_of

EXCEPTIONS = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",  # the former names of the same requests
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
    "ListDirectoryBuckets": "ListBuckets",  # the same request, at an endpoint for directory buckets
    "WriteGetObjectResponse": "PostObject",  # POST /WriteGetObjectResponse, at an endpoint for Object Lambda
}
"""What can't be told apart from something else by method, path, query and headers."""

NOT_IN_THE_MODEL = {"PostObject"}
"""A browser's form, which SDKs don't send."""


def service_model() -> ServiceModel:
    return Session().get_service_model("s3")


def required(model: Any) -> Iterator[tuple[str, str]]:
    """Yield (where, name) of what a request of the operation must carry in query or headers."""
    shape = model.input_shape
    for member in () if shape is None else shape.required_members:
        serialization = shape.members[member].serialization
        if serialization.get("location") in {"querystring", "header"}:
            yield serialization["location"], serialization["name"]


def wire(name: str) -> tuple[str, str, dict[str, str]]:
    """Return method, URL and headers of the smallest request for the operation."""
    model = service_model().operation_model(name)
    path, _, query = model.http["requestUri"].partition("?")
    path = re.sub(r"\{Key\+?\}", "key", path.replace("{Bucket}", "bucket"))
    words = [word for word in query.split("&") if word]
    words += [f"{quote(word)}=1" for where, word in required(model) if where == "querystring"]
    headers = {word: "/bucket/key" for where, word in required(model) if where == "header"}
    return model.http["method"], f"http://x{path}?{'&'.join(words)}", headers


@pytest.mark.parametrize("name", sorted(service_model().operation_names))
def test_an_operation_of_the_aws_model_has_its_own_name(name: str) -> None:
    assert operation_of(request_of(*wire(name))) == EXCEPTIONS.get(name, name)


def test_no_operation_is_made_up() -> None:
    names = {route.operation for route in ROUTES}
    assert names - NOT_IN_THE_MODEL == set(service_model().operation_names) - set(EXCEPTIONS)


@pytest.mark.parametrize(
    ("method", "url", "headers", "operation"),
    [
        ("GET", "http://x/bucket?list-type=2&prefix=P&max-keys=1&encoding-type=url", {}, "ListObjectsV2"),
        ("GET", "http://x/bucket?prefix=P%2F&encoding-type=url", {}, "ListObjects"),
        ("GET", "http://x/bucket?list-type=1", {}, "ListObjects"),
        ("GET", "http://x/bucket/", {}, "ListObjects"),
        ("PUT", "http://x/bucket/key?x-id=PutObject", {}, "PutObject"),
        ("PUT", "http://x/bucket/key", {"x-amz-copy-source": "/b/k"}, "CopyObject"),
        ("PUT", "http://x/bucket/key?x-id=CopyObject", {"x-amz-copy-source": "/b/k"}, "CopyObject"),
        ("GET", "http://x/bucket/key?response-content-type=image%2Fpng&X-Amz-Expires=1", {}, "GetObject"),
        ("GET", "http://x/bucket/key?partNumber=1", {}, "GetObject"),
        ("GET", "http://x/bucket//", {}, "GetObject"),
        ("GET", "http://x/", {}, "ListBuckets"),
    ],
)
def test_a_request_names_its_operation(method: str, url: str, headers: dict[str, str], operation: str) -> None:
    assert operation_of(request_of(method, url, headers)) == operation


@pytest.mark.parametrize(
    ("method", "url"), [("POST", "http://x/b/k"), ("DELETE", "http://x/"), ("PATCH", "http://x/b")]
)
def test_what_names_no_operation_is_not_allowed(method: str, url: str) -> None:
    with pytest.raises(S3Error, match="MethodNotAllowed"):
        operation_of(request_of(method, url))
