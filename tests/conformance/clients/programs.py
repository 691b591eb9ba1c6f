"""Clients that are programs, each with a configuration of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.conformance.clients.python_clients import PART_BYTES
from tests.conformance.conftest import Service
from tests.conformance.signing import ACCESS_KEY_ID, SECRET

_PART_MB = PART_BYTES // 1024**2
_TIMEOUT_S = 60


def run(command: Sequence[str | Path], home: Path, settings: dict[str, str]) -> bytes:
    """Run a program that knows nothing of the surroundings' credentials; return what it prints."""
    foreign = ("AWS_", "RCLONE_", "PYTHON", "HTTP_", "http_")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = {**surroundings, "HOME": str(home), **settings}
    done = subprocess.run(
        [str(word) for word in command], cwd=home, env=environment, capture_output=True, timeout=_TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def program(name: str) -> str:
    """Return where a program of the environment that runs the tests is."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    assert found is not None
    return found


class Rclone:
    """The cloud sync program."""

    def __init__(self, service: Service, home: Path) -> None:
        self._home = home
        settings = {
            "TYPE": "s3",
            "PROVIDER": "Other",
            "ENDPOINT": service.url,
            "ACCESS_KEY_ID": ACCESS_KEY_ID,
            "SECRET_ACCESS_KEY": SECRET,
            "CHUNK_SIZE": f"{_PART_MB}Mi",
            "UPLOAD_CUTOFF": f"{_PART_MB}Mi",
            "COPY_CUTOFF": f"{_PART_MB}Mi",
        }
        self._settings = {f"RCLONE_CONFIG_S3_{name}": value for name, value in settings.items()}

    def _run(self, *words: str | Path) -> str:
        command = (program("rclone"), "--config", "", "--retries", "1", "--low-level-retries", "1", *words)
        return run(command, self._home, self._settings).decode()

    def create_bucket(self, bucket: str) -> None:
        self._run("mkdir", f"s3:{bucket}")

    def list_buckets(self) -> set[str]:
        return {line.removesuffix("/") for line in self._run("lsf", "s3:").splitlines()}

    def delete_bucket(self, bucket: str) -> None:
        self._run("rmdir", f"s3:{bucket}")

    def upload(self, bucket: str, key: str, source: Path) -> None:
        self._run("copyto", source, f"s3:{bucket}/{key}")

    def download(self, bucket: str, key: str, target: Path) -> None:
        self._run("copyto", f"s3:{bucket}/{key}", target)

    def read_range(self, bucket: str, key: str, first: int, last: int) -> bytes:
        return self._run("cat", f"s3:{bucket}/{key}", "--offset", str(first), "--count", str(last - first + 1)).encode()

    def list_keys(self, bucket: str, prefix: str) -> set[str]:
        # rclone lists by folder.
        return {f"{prefix}{line}" for line in self._run("lsf", "-R", "--files-only", f"s3:{bucket}/{prefix}").split()}

    def list_folder(self, bucket: str, prefix: str) -> set[str]:
        return {f"{prefix}{line}" for line in self._run("lsf", f"s3:{bucket}/{prefix}").split()}

    def copy(self, bucket: str, source: str, target: str) -> None:
        self._run("copyto", f"s3:{bucket}/{source}", f"s3:{bucket}/{target}")

    def delete_many(self, bucket: str, keys: Sequence[str]) -> None:
        (self._home / "keys").write_text("\n".join(keys), encoding="utf-8")
        self._run("delete", f"s3:{bucket}", "--files-from-raw", self._home / "keys")

    def presign(self, bucket: str, key: str) -> str:
        return self._run("link", f"s3:{bucket}/{key}", "--expire", "1m").strip()


class AwsCli:
    """The AWS command line."""

    def __init__(self, service: Service, home: Path) -> None:
        self._home = home
        self._url = service.url
        # By itself botocore presigns for us-east-1 with Signature Version 2.
        transfer = {
            "signature_version": "s3v4",
            "multipart_threshold": f"{_PART_MB}MB",
            "multipart_chunksize": f"{_PART_MB}MB",
        }
        lines = ["[default]", "region = us-east-1", "s3 ="]
        lines += [f"  {name} = {value}" for name, value in transfer.items()]
        (home / "aws.ini").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._settings = {
            "AWS_CONFIG_FILE": str(home / "aws.ini"),
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }

    def _run(self, *words: str | Path) -> str:
        command = (sys.executable, program("aws"), "--endpoint-url", self._url, *words)
        return run(command, self._home, self._settings).decode()

    def create_bucket(self, bucket: str) -> None:
        self._run("s3", "mb", f"s3://{bucket}")

    def list_buckets(self) -> set[str]:
        return {line.split()[2] for line in self._run("s3", "ls").splitlines()}

    def delete_bucket(self, bucket: str) -> None:
        self._run("s3", "rb", f"s3://{bucket}")

    def upload(self, bucket: str, key: str, source: Path) -> None:
        self._run("s3", "cp", "--only-show-errors", source, f"s3://{bucket}/{key}")

    def download(self, bucket: str, key: str, target: Path) -> None:
        self._run("s3", "cp", "--only-show-errors", f"s3://{bucket}/{key}", target)

    def read_range(self, bucket: str, key: str, first: int, last: int) -> bytes:
        target = self._home / "range"
        where = ("--bucket", bucket, "--key", key, "--range", f"bytes={first}-{last}")
        self._run("s3api", "get-object", *where, target)
        return target.read_bytes()

    def list_keys(self, bucket: str, prefix: str) -> set[str]:
        where = ("--bucket", bucket, "--prefix", prefix, "--page-size", "2")
        answer = json.loads(self._run("s3api", "list-objects-v2", *where, "--output", "json"))
        return {found["Key"] for found in answer["Contents"]}

    def list_folder(self, bucket: str, prefix: str) -> set[str]:
        return {f"{prefix}{line.split()[-1]}" for line in self._run("s3", "ls", f"s3://{bucket}/{prefix}").splitlines()}

    def copy(self, bucket: str, source: str, target: str) -> None:
        self._run("s3", "cp", "--only-show-errors", f"s3://{bucket}/{source}", f"s3://{bucket}/{target}")

    def delete_many(self, bucket: str, keys: Sequence[str]) -> None:
        objects = json.dumps({"Objects": [{"Key": key} for key in keys]})
        self._run("s3api", "delete-objects", "--bucket", bucket, "--delete", objects)

    def presign(self, bucket: str, key: str) -> str:
        return self._run("s3", "presign", f"s3://{bucket}/{key}", "--expires-in", "60").strip()


class S3cmd:
    """The oldest of the command lines. Its presigned addresses are of Signature Version 2, which isn't offered."""

    def __init__(self, service: Service, home: Path) -> None:
        self._home = home
        place = urlsplit(service.url).netloc
        lines = [
            "[default]",
            f"access_key = {ACCESS_KEY_ID}",
            f"secret_key = {SECRET}",
            f"host_base = {place}",
            f"host_bucket = {place}",
            "use_https = False",
            "signature_v2 = False",
            "bucket_location = us-east-1",
            f"multipart_chunk_size_mb = {_PART_MB}",
            f"multipart_copy_chunk_size_mb = {_PART_MB}",
            "max_retries = 1",
        ]
        (home / "s3cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _run(self, *words: str | Path) -> str:
        command = (sys.executable, "-W", "ignore", program("s3cmd"))
        return run((*command, "-c", self._home / "s3cfg", *words), self._home, {}).decode()

    def create_bucket(self, bucket: str) -> None:
        self._run("mb", f"s3://{bucket}")

    def list_buckets(self) -> set[str]:
        return {line.split()[-1].removeprefix("s3://") for line in self._run("ls").splitlines()}

    def delete_bucket(self, bucket: str) -> None:
        self._run("rb", f"s3://{bucket}")

    def upload(self, bucket: str, key: str, source: Path) -> None:
        self._run("put", "--no-progress", source, f"s3://{bucket}/{key}")

    def download(self, bucket: str, key: str, target: Path) -> None:
        self._run("get", "--no-progress", f"s3://{bucket}/{key}", target)

    def list_keys(self, bucket: str, prefix: str) -> set[str]:
        return self._list("--recursive", bucket, prefix)

    def list_folder(self, bucket: str, prefix: str) -> set[str]:
        return self._list("--list-md5", bucket, prefix)

    def _list(self, how: str, bucket: str, prefix: str) -> set[str]:
        lines = self._run("ls", how, f"s3://{bucket}/{prefix}").splitlines()
        return {line.split()[-1].removeprefix(f"s3://{bucket}/") for line in lines}

    def copy(self, bucket: str, source: str, target: str) -> None:
        self._run("cp", f"s3://{bucket}/{source}", f"s3://{bucket}/{target}")

    def delete_many(self, bucket: str, keys: Sequence[str]) -> None:
        self._run("rm", *(f"s3://{bucket}/{key}" for key in keys))
