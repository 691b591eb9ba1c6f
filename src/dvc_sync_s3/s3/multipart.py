"""What the operations on multipart uploads share: which upload, which parts, what they make together.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from dvc_sync_s3.s3.checksums import (
    ALGORITHMS,
    COMPOSITE,
    DEFAULT_ALGORITHM,
    FULL_OBJECT,
    can_be_full_object,
    composite_checksum,
    full_object_checksum,
    required_algorithm,
)
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.store.errors import NoSuchUpload
from dvc_sync_s3.store.model import Headers as Pairs

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from dvc_sync_s3.s3.call import Call
    from dvc_sync_s3.s3.request import Headers
    from dvc_sync_s3.store.model import StoredPart, Upload

MAX_PARTS = 10_000
_LEAST_BYTES = 5 * 1024**2
"""Of every part but the last."""


@dataclass(frozen=True, slots=True)
class ChosenPart:
    """A part as the client names it to complete an upload; its ETag without quotes."""

    number: int
    etag: str
    checksums: Pairs


def upload_of(call: Call) -> Upload:
    """Return the upload that the request names; raise `NoSuchUpload`, or `AccessDenied` if it is another's.

    An upload is for who began it, and for the bucket's owner.
    """
    upload_id = call.request.query["uploadId"]
    upload = call.store.upload(call.bucket, call.key, upload_id)
    if upload is None:
        raise NoSuchUpload(upload_id)
    initiator = call.accounts.stored(upload.initiator)
    if call.requester.id not in (initiator.id, call.access.owner_id):
        raise S3Error("AccessDenied")
    return upload


def part_number(call: Call) -> int:
    """Return the number of the part that the request names; raise `InvalidArgument`."""
    text = call.request.query.get("partNumber", "")
    if text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= MAX_PARTS:
        return int(text)
    raise S3Error("InvalidArgument", f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive")


def asked_checksum(headers: Headers) -> tuple[str | None, str | None]:
    """Return the algorithm and type of an upload's checksums, None for the default; raise `InvalidRequest`.

    >>> asked_checksum({"x-amz-checksum-algorithm": "SHA256"})
    ('SHA256', 'COMPOSITE')
    """
    algorithm = required_algorithm(headers, "x-amz-checksum-algorithm")
    kind = headers.get("x-amz-checksum-type", "").upper() or None
    if kind not in {None, FULL_OBJECT, COMPOSITE}:
        raise S3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
    if algorithm is None:
        if kind is not None:
            raise S3Error("InvalidRequest", "x-amz-checksum-type goes with x-amz-checksum-algorithm.")
        return None, None
    if kind is None:
        kind = FULL_OBJECT if algorithm == DEFAULT_ALGORITHM else COMPOSITE
    if (kind == FULL_OBJECT and not can_be_full_object(algorithm)) or (kind, algorithm) == (
        COMPOSITE,
        DEFAULT_ALGORITHM,
    ):
        problem = f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        raise S3Error("InvalidRequest", problem)
    return algorithm, kind


def chosen_parts(completion: Element) -> tuple[ChosenPart, ...]:
    """Return the parts that a `CompleteMultipartUpload` element names; raise `MalformedXML` or `InvalidPartOrder`.

    A client that sent a part twice may name it twice: the last one counts.
    """
    chosen = []
    for part in completion.iterfind("Part"):
        number, etag = part.findtext("PartNumber", "").strip(), part.findtext("ETag", "").strip()
        if not (number.isascii() and number.isdecimal() and len(number) <= 9 and etag):
            raise S3Error("MalformedXML")
        told = ((name, part.findtext(f"Checksum{name}")) for name in ALGORITHMS)
        checksums = tuple((name, value) for name, value in told if value)
        chosen.append(ChosenPart(int(number), etag.strip('"'), checksums))
    if not 1 <= len(chosen) <= MAX_PARTS:
        raise S3Error("MalformedXML")
    if any(one.number > other.number for one, other in pairwise(chosen)):
        raise S3Error("InvalidPartOrder")
    return tuple({part.number: part for part in chosen}.values())


def found_parts(chosen: Sequence[ChosenPart], stored: Sequence[StoredPart]) -> tuple[StoredPart, ...]:
    """Return the stored parts that were chosen; raise `InvalidPart` or `EntityTooSmall`."""
    by_number = {part.number: part for part in stored}
    found = []
    for each in chosen:
        part = by_number.get(each.number)
        if part is None or part.etag != each.etag or not set(each.checksums) <= set(part.checksums):
            raise S3Error("InvalidPart")
        found.append(part)
    if any(part.size < _LEAST_BYTES for part in found[:-1]):
        raise S3Error("EntityTooSmall")
    return tuple(found)


def whole_etag(etags: Sequence[str]) -> str:
    """Return the ETag of what was put together from parts; raise `InvalidPart` for an ETag that no part has.

    >>> whole_etag(["acbd18db4cc2f85cedef654fccc4a4d8", "37b51d194a7513e45b56f6524f2d51f2"])
    '0105fcbc9eea8193de8e1834677b6c6b-2'
    """
    try:
        digests = b"".join(bytes.fromhex(etag) for etag in etags)
    except ValueError:
        raise S3Error("InvalidPart") from None
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(etags)}"


def whole_checksum(upload: Upload, parts: Sequence[StoredPart]) -> tuple[Pairs, str | None]:
    """Return the checksum of what `parts` make together, and its type; none if the parts have no algorithm in common.

    That can be only where the upload names none: then each part has what its client sent.
    """
    algorithms = {name for part in parts for name, _ in part.checksums}
    if len(algorithms) != 1:
        return (), None
    (algorithm,) = algorithms
    values = [part.checksums[0][1] for part in parts]
    kind = upload.checksum_type or (FULL_OBJECT if can_be_full_object(algorithm) else COMPOSITE)
    if kind == FULL_OBJECT:
        sizes = [part.size for part in parts]
        return ((algorithm, full_object_checksum(algorithm, zip(values, sizes, strict=True))),), kind
    return ((algorithm, composite_checksum(algorithm, values)),), kind
