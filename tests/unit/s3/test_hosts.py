"""A bucket that is a host of its own."""

from __future__ import annotations

import pytest

from dvc_sync_s3.s3.request import bucket_of_host, head_of, parse_request
from tests.unit.s3.asgi import scope_of

DOMAINS = ("localhost", "s3.localhost", "s3.example.com")


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("annotations.localhost", "annotations"),
        ("annotations.localhost:8000", "annotations"),
        ("annotations.s3.localhost:8000", "annotations"),
        ("Annotations.S3.Example.com", "annotations"),
        ("team.annotations.s3.example.com", "team.annotations"),
        ("localhost:8000", None),
        ("s3.localhost", None),
        ("s3.example.com", None),
        ("example.com", None),
        ("annotations.example.com", None),
        ("xlocalhost", None),
        (".localhost", None),
        ("127.0.0.1:8000", None),
        ("[::1]:8000", None),
        ("", None),
    ],
)
def test_a_host_below_a_domain_is_a_bucket(host: str, bucket: str | None) -> None:
    assert bucket_of_host(host, DOMAINS) == bucket


@pytest.mark.parametrize(
    ("path", "key"),
    [("/", None), ("/318", "318"), ("/out//318", "out//318"), ("/-/ready", "-/ready"), ("/a%2Fb", "a/b")],
)
def test_the_path_on_a_buckets_host_is_the_key(path: str, key: str | None) -> None:
    request = parse_request(head_of(scope_of("GET", f"http://annotations.s3.localhost{path}")), "id", DOMAINS)
    assert (request.bucket, request.key) == ("annotations", key)
    assert request.raw_path == path.encode()


def test_without_domains_every_host_is_the_service() -> None:
    request = parse_request(head_of(scope_of("GET", "http://annotations.s3.localhost/b/k")), "id")
    assert (request.bucket, request.key) == ("b", "k")
