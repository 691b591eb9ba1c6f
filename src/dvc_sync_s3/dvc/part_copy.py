"""A new version on an S3 remote, most of it copied there by S3 from the version before.

The md5 of such an object is not its ETag. Instead S3 is given the CRC-64/NVME of the whole content, refuses to
complete an upload that has another, and tells it back.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from awscrt import checksums

from dvc_sync_s3.dvc.failures import remote_errors
from dvc_sync_s3.dvc.parts import Part, Sent, Shared

_CHUNK_BYTES = 1024 * 1024
_ALGORITHM = {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "FULL_OBJECT"}


class S3(Protocol):
    """What is used of s3fs."""

    s3_additional_kwargs: Mapping[str, object]

    def call_s3(self, method: str, **arguments: object) -> Mapping[str, Any]:
        """Call a method of botocore's client."""
        ...

    def split_path(self, path: str) -> tuple[str, str, str | None]:
        """Return the bucket, the key and the version id in a path."""
        ...

    def invalidate_cache(self, path: str) -> None:
        """Forget what was listed there."""
        ...


def upload(s3: S3, parts: Sequence[Part], source: Path, base: str, path: str) -> bool:
    """Make the file `source` the object at `path`, its `parts` sent or copied from the object at `base`.

    Returns False, with nothing changed, if the server can't, the base is gone or isn't what it should be.
    """
    if "SSECustomerKey" in s3.s3_additional_kwargs:
        return False
    bucket, key, _ = s3.split_path(path)
    whole = _checksum(source, Sent(0, source.stat().st_size))
    place: dict[str, object] = {"Bucket": bucket, "Key": key}
    try:
        place["UploadId"] = s3.call_s3("create_multipart_upload", **place, **_ALGORITHM)["UploadId"]
        made = [_make(s3, place, number, part, source, base) for number, part in enumerate(parts, start=1)]
        done = s3.call_s3(
            "complete_multipart_upload",
            **place,
            MultipartUpload={"Parts": made},
            ChecksumType="FULL_OBJECT",
            ChecksumCRC64NVME=whole,
        )
    except remote_errors():
        _abort(s3, place)
        return False
    finally:
        s3.invalidate_cache(path)
    if done.get("ChecksumCRC64NVME") != whole:  # a server that tells none has not looked
        s3.call_s3("delete_object", Bucket=bucket, Key=key)
        return False
    return True


def _make(
    s3: S3, place: Mapping[str, object], number: int, part: Part, source: Path, base: str
) -> Mapping[str, object]:
    if isinstance(part, Shared):
        bucket, key, _ = s3.split_path(base)
        last = part.base_start + part.end - part.start - 1
        done = s3.call_s3(
            "upload_part_copy",
            **place,
            PartNumber=number,
            CopySource={"Bucket": bucket, "Key": key},
            CopySourceRange=f"bytes={part.base_start}-{last}",
        )["CopyPartResult"]
    else:
        with source.open("rb") as file:
            file.seek(part.start)
            body = file.read(part.end - part.start)
        checksum = _checksum(source, part)
        done = s3.call_s3("upload_part", **place, PartNumber=number, Body=body, ChecksumCRC64NVME=checksum)
    told = {"ChecksumCRC64NVME": done["ChecksumCRC64NVME"]} if "ChecksumCRC64NVME" in done else {}
    return {"PartNumber": number, "ETag": done["ETag"]} | told


def _checksum(source: Path, span: Sent) -> str:
    """Return the CRC-64/NVME of a range of the file, as S3 writes it."""
    crc, left = 0, span.end - span.start
    with source.open("rb") as file:
        file.seek(span.start)
        while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
            crc = checksums.crc64nvme(chunk, crc)
            left -= len(chunk)
    return base64.b64encode(crc.to_bytes(8, "big")).decode()


def _abort(s3: S3, place: Mapping[str, object]) -> None:
    if "UploadId" in place:
        with suppress(*remote_errors()):
            s3.call_s3("abort_multipart_upload", **place)
