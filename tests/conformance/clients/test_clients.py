"""Each client, whatever it is written in, does with the service what it does with AWS."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conformance.clients.programs import AwsCli, Rclone, S3cmd
from tests.conformance.clients.python_clients import PART_BYTES, Boto3, MinioPy, Obstore, S3fs
from tests.conformance.conftest import Service

CLIENTS: dict[str, Callable[[Service, Path], Any]] = {
    "aws": AwsCli,
    "boto3": Boto3,
    "minio-py": MinioPy,
    "obstore": Obstore,
    "rclone": Rclone,
    "s3cmd": S3cmd,
    "s3fs": S3fs,
}
CANNOT = {
    "obstore": {"create_bucket", "list_buckets", "delete_bucket"},
    "s3cmd": {"read_range", "presign"},
}

SIZES = {"small": 3_000, "empty": 0, "in parts": 2 * PART_BYTES + 1234}
KEYS = {"out/1", "out/2", "out/deep/3", "other"}
_numbers = itertools.count(1)


def able(what: str) -> pytest.MarkDecorator:
    """Run a test with each client that can do `what`."""
    able_ones = [name for name in CLIENTS if what not in CANNOT.get(name, set())]
    return pytest.mark.parametrize("client", able_ones, indirect=True)


@pytest.fixture
def client(request: pytest.FixtureRequest, service: Service, tmp_path: Path) -> Any:
    home = tmp_path / "home"
    home.mkdir()
    return CLIENTS[request.param](service, home)


def content(size_bytes: int) -> bytes:
    """Return bytes of which no part is like another."""
    numbers = range(-(-size_bytes // 8))
    return b"".join(number.to_bytes(8, "big") for number in numbers)[:size_bytes]


@pytest.fixture
def filled(service: Service, bucket: str, tmp_path: Path) -> str:
    """A bucket with objects in it."""
    boto3 = Boto3(service, tmp_path)
    source = tmp_path / "content"
    source.write_bytes(b"0123456789")
    for key in KEYS:
        boto3.upload(bucket, key, source)
    return bucket


@able("create_bucket")
def test_a_bucket_comes_and_goes(service: Service, client: Any) -> None:
    name = f"made-by-a-client-{next(_numbers)}"

    client.create_bucket(name)
    assert service.store.has_bucket(name)
    assert name in client.list_buckets()

    client.delete_bucket(name)
    assert not service.store.has_bucket(name)
    assert name not in client.list_buckets()


@able("upload")
@pytest.mark.parametrize("size", SIZES)
def test_what_goes_up_comes_down(client: Any, bucket: str, tmp_path: Path, size: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content(SIZES[size]))

    client.upload(bucket, "up/there", source)
    client.download(bucket, "up/there", target)

    assert target.read_bytes() == source.read_bytes()


@able("upload")
def test_a_key_of_many_scripts_is_kept(service: Service, client: Any, bucket: str, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"x")
    key = "a b+c/é漢 (1)&=%7e.json"

    client.upload(bucket, key, source)
    client.download(bucket, key, target)

    assert service.store.head(bucket, key) is not None
    assert target.read_bytes() == b"x"


@able("read_range")
def test_a_range_is_read(client: Any, filled: str) -> None:
    assert client.read_range(filled, "out/1", 2, 5) == b"2345"


@able("list_keys")
def test_a_prefix_is_listed(client: Any, filled: str) -> None:
    assert client.list_keys(filled, "out/") == {"out/1", "out/2", "out/deep/3"}


@able("list_folder")
def test_a_folder_is_listed(client: Any, filled: str) -> None:
    assert client.list_folder(filled, "out/") == {"out/1", "out/2", "out/deep/"}


@able("copy")
@pytest.mark.parametrize("size", ["small", "in parts"])
def test_a_copy_has_the_same_content(client: Any, bucket: str, tmp_path: Path, size: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content(SIZES[size]))
    client.upload(bucket, "from", source)

    client.copy(bucket, "from", "to")

    client.download(bucket, "to", target)
    assert target.read_bytes() == source.read_bytes()


@able("delete_many")
def test_many_are_deleted_at_once(service: Service, client: Any, filled: str) -> None:
    client.delete_many(filled, ["out/1", "out/deep/3"])

    assert {key for key in KEYS if service.store.head(filled, key) is not None} == {"out/2", "other"}


@able("presign")
def test_a_presigned_address_needs_no_keys(client: Any, filled: str) -> None:
    answer = requests.get(client.presign(filled, "out/1"), timeout=10)

    assert (answer.status_code, answer.content) == (200, b"0123456789")
