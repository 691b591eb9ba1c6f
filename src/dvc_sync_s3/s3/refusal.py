"""What an error document names of its request, beside its code and message."""

from __future__ import annotations

from dvc_sync_s3.s3.errors import Extras, S3Error
from dvc_sync_s3.s3.request import S3Request


def extras_of(error: S3Error, request: S3Request | None) -> Extras:
    """Return the elements of a refusal that XML can say: keys and queries may hold characters that it can't."""
    told = error.extras or named_by(error.code, request)
    return tuple((name, text) for name, text in told if text.replace("\n", "").isprintable())


def named_by(code: str, request: S3Request | None) -> Extras:
    """Return the elements that AWS's document of an error has of the request itself.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    told: Extras = ()
    if request is None:
        return told
    match code:
        case "NoSuchKey" if "x-amz-copy-source" not in request.headers:
            told = (("Key", request.key or ""),)
        case "NoSuchBucket" if "x-amz-copy-source" not in request.headers:
            told = (("BucketName", request.bucket or ""),)
        case "NoSuchUpload":
            told = (("UploadId", request.query.get("uploadId", "")),)
        case "MethodNotAllowed":
            kind = "SERVICE" if request.bucket is None else "BUCKET" if request.key is None else "OBJECT"
            told = (("Method", request.method), ("ResourceType", kind))
        case "InvalidDigest":
            told = (("Content-MD5", request.headers.get("content-md5", "")),)
    return told
