"""Clients that are Python libraries: each does in its own way what the tests ask of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import minio
import obstore
import s3fs
from boto3.s3.transfer import TransferConfig
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject

from tests.conformance.conftest import Service, boto3_client
from tests.conformance.signing import ACCESS_KEY_ID, SECRET

PART_BYTES = 5 * 1024**2


class Boto3:
    """The AWS SDK for Python."""

    def __init__(self, service: Service, home: Path) -> None:
        self._s3 = boto3_client(service.url)
        self._transfer = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES)

    def create_bucket(self, bucket: str) -> None:
        self._s3.create_bucket(Bucket=bucket)

    def list_buckets(self) -> set[str]:
        return {found["Name"] for found in self._s3.list_buckets()["Buckets"]}

    def delete_bucket(self, bucket: str) -> None:
        self._s3.delete_bucket(Bucket=bucket)

    def upload(self, bucket: str, key: str, source: Path) -> None:
        self._s3.upload_file(str(source), bucket, key, Config=self._transfer)

    def download(self, bucket: str, key: str, target: Path) -> None:
        self._s3.download_file(bucket, key, str(target), Config=self._transfer)

    def read_range(self, bucket: str, key: str, first: int, last: int) -> bytes:
        answer = self._s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={first}-{last}")
        return bytes(answer["Body"].read())

    def list_keys(self, bucket: str, prefix: str) -> set[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": 2}
        )
        return {found["Key"] for page in pages for found in page.get("Contents", [])}

    def list_folder(self, bucket: str, prefix: str) -> set[str]:
        page = self._s3.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/")
        return {found["Key"] for found in page.get("Contents", [])} | {
            found["Prefix"] for found in page.get("CommonPrefixes", [])
        }

    def copy(self, bucket: str, source: str, target: str) -> None:
        self._s3.copy({"Bucket": bucket, "Key": source}, bucket, target, Config=self._transfer)

    def delete_many(self, bucket: str, keys: Sequence[str]) -> None:
        answer = self._s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
        assert {found["Key"] for found in answer["Deleted"]} == set(keys)

    def presign(self, bucket: str, key: str) -> str:
        return str(self._s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}, ExpiresIn=60))


class S3fs:
    """What pandas, Dask and DVC read S3 with."""

    def __init__(self, service: Service, home: Path) -> None:
        self._fs: Any = s3fs.S3FileSystem(
            key=ACCESS_KEY_ID,
            secret=SECRET,
            endpoint_url=service.url,
            client_kwargs={"region_name": "us-east-1"},
            # By itself botocore presigns for us-east-1 with Signature Version 2.
            config_kwargs={"signature_version": "s3v4"},
            default_block_size=PART_BYTES,
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def create_bucket(self, bucket: str) -> None:
        self._fs.mkdir(bucket)

    def list_buckets(self) -> set[str]:
        return set(self._fs.ls("", detail=False))

    def delete_bucket(self, bucket: str) -> None:
        self._fs.rmdir(bucket)

    def upload(self, bucket: str, key: str, source: Path) -> None:
        self._fs.put_file(str(source), f"{bucket}/{key}", chunksize=PART_BYTES)

    def download(self, bucket: str, key: str, target: Path) -> None:
        self._fs.get_file(f"{bucket}/{key}", str(target))

    def read_range(self, bucket: str, key: str, first: int, last: int) -> bytes:
        return bytes(self._fs.cat_file(f"{bucket}/{key}", start=first, end=last + 1))

    def list_keys(self, bucket: str, prefix: str) -> set[str]:
        return {path.removeprefix(f"{bucket}/") for path in self._fs.find(bucket, prefix=prefix)}

    def list_folder(self, bucket: str, prefix: str) -> set[str]:
        found = self._fs.ls(f"{bucket}/{prefix}", detail=True)
        return {
            item["name"].removeprefix(f"{bucket}/") + ("/" if item["type"] == "directory" else "") for item in found
        }

    def copy(self, bucket: str, source: str, target: str) -> None:
        self._fs.cp_file(f"{bucket}/{source}", f"{bucket}/{target}")

    def delete_many(self, bucket: str, keys: Sequence[str]) -> None:
        self._fs.rm([f"{bucket}/{key}" for key in keys])

    def presign(self, bucket: str, key: str) -> str:
        return str(self._fs.sign(f"{bucket}/{key}", expiration=60))


class Obstore:
    """Rust's object_store, which Polars, DataFusion and delta-rs read S3 with. It knows no buckets, only one."""

    def __init__(self, service: Service, home: Path) -> None:
        self._service = service

    def _store(self, bucket: str) -> Any:
        return obstore.store.S3Store(
            bucket,
            endpoint=self._service.url,
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET,
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )

    def upload(self, bucket: str, key: str, source: Path) -> None:
        obstore.put(self._store(bucket), key, source, chunk_size=PART_BYTES)

    def download(self, bucket: str, key: str, target: Path) -> None:
        target.write_bytes(obstore.get(self._store(bucket), key).bytes())

    def read_range(self, bucket: str, key: str, first: int, last: int) -> bytes:
        return bytes(obstore.get_range(self._store(bucket), key, start=first, end=last + 1))

    def list_keys(self, bucket: str, prefix: str) -> set[str]:
        return {found["path"] for page in obstore.list(self._store(bucket), prefix) for found in page}

    def list_folder(self, bucket: str, prefix: str) -> set[str]:
        found = obstore.list_with_delimiter(self._store(bucket), prefix)
        return {item["path"] for item in found["objects"]} | {f"{name}/" for name in found["common_prefixes"]}

    def copy(self, bucket: str, source: str, target: str) -> None:
        obstore.copy(self._store(bucket), source, target)

    def delete_many(self, bucket: str, keys: Sequence[str]) -> None:
        obstore.delete(self._store(bucket), list(keys))

    def presign(self, bucket: str, key: str) -> str:
        return str(obstore.sign(self._store(bucket), "GET", key, timedelta(seconds=60)))


class MinioPy:
    """MinIO's SDK for Python."""

    def __init__(self, service: Service, home: Path) -> None:
        self._s3 = minio.Minio(
            urlsplit(service.url).netloc,
            access_key=ACCESS_KEY_ID,
            secret_key=SECRET,
            secure=False,
        )

    def create_bucket(self, bucket: str) -> None:
        self._s3.make_bucket(bucket)

    def list_buckets(self) -> set[str]:
        return {found.name for found in self._s3.list_buckets()}

    def delete_bucket(self, bucket: str) -> None:
        self._s3.remove_bucket(bucket)

    def upload(self, bucket: str, key: str, source: Path) -> None:
        self._s3.fput_object(bucket, key, str(source), part_size=PART_BYTES)

    def download(self, bucket: str, key: str, target: Path) -> None:
        self._s3.fget_object(bucket, key, str(target))

    def read_range(self, bucket: str, key: str, first: int, last: int) -> bytes:
        answer = self._s3.get_object(bucket, key, offset=first, length=last - first + 1)
        try:
            return bytes(answer.read())
        finally:
            answer.close()
            answer.release_conn()

    def list_keys(self, bucket: str, prefix: str) -> set[str]:
        return {str(found.object_name) for found in self._s3.list_objects(bucket, prefix, recursive=True)}

    def list_folder(self, bucket: str, prefix: str) -> set[str]:
        return {str(found.object_name) for found in self._s3.list_objects(bucket, prefix)}

    def copy(self, bucket: str, source: str, target: str) -> None:
        self._s3.copy_object(bucket, target, CopySource(bucket, source))

    def delete_many(self, bucket: str, keys: Sequence[str]) -> None:
        assert list(self._s3.remove_objects(bucket, [DeleteObject(key) for key in keys])) == []

    def presign(self, bucket: str, key: str) -> str:
        return self._s3.presigned_get_object(bucket, key, expires=timedelta(seconds=60))
