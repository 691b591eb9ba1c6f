"""The signature of a form upload: it stands in fields of the form and covers the policy.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
"""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.sigv4.canonical import ALGORITHM, signature, signing_key
from dvc_sync_s3.s3.sigv4.claim import parse_timestamp, signature_version_2, split_credential
from dvc_sync_s3.s3.sigv4.verify import Keyring

_FIELDS = ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")


def verify_form(fields: Mapping[str, str], keyring: Keyring) -> str | None:
    """Return the access key id that signed the form's policy, None if nobody did; raise `S3Error` if that fails.

    The names of `fields` are in lower case.
    """
    if "signature" in fields or "awsaccesskeyid" in fields:
        raise signature_version_2()
    if not any(name in fields for name in _FIELDS):
        return None
    for name in _FIELDS:
        if not fields.get(name):
            problem = f"Bucket POST must contain a field named '{name}'. If it is specified, check their order."
            raise S3Error("InvalidArgument", problem)
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise S3Error("InvalidArgument", f"x-amz-algorithm must be {ALGORITHM}.")
    timestamp = fields["x-amz-date"]
    try:
        parse_timestamp(timestamp)
    except ValueError:
        raise S3Error("InvalidArgument", "x-amz-date must be a time as YYYYMMDDTHHMMSSZ.") from None
    access_key_id, scope = split_credential(fields["x-amz-credential"], timestamp, "InvalidArgument")
    secret = keyring.secrets.get(access_key_id)
    if secret is None:
        raise S3Error("InvalidAccessKeyId")
    expected = signature(signing_key(secret, scope), fields["policy"])
    if not compare_digest(expected.encode(), fields["x-amz-signature"].encode()):
        raise S3Error("SignatureDoesNotMatch")
    return access_key_id
