"""What no bucket has: reading it gets AWS's answer for a bucket without it, and there is nothing to delete.

One table instead of a file for each: clients such as Terraform ask for all of it, and learn that there is none.
Source: the operations' pages in https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Mapping

from dvc_sync_s3.s3.call import Call, Operation
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, Node, document


async def _delete_nothing(call: Call) -> Response:
    call.bucket  # noqa: B018 - raises if there is none
    return Response(status=204)


def _refusing(code: str) -> Operation:
    async def refuse(call: Call) -> Response:
        call.bucket  # noqa: B018 - raises if there is none
        raise S3Error(code)

    return refuse


def _answering(name: str, *children: Node) -> Operation:
    answer = Response(headers={"Content-Type": CONTENT_TYPE}, body=document(name, children))

    async def give(call: Call) -> Response:
        call.bucket  # noqa: B018 - raises if there is none
        return answer

    return give


UNCONFIGURED: Mapping[str, Operation] = {
    "DeleteBucketEncryption": _delete_nothing,
    "DeleteBucketLifecycle": _delete_nothing,
    "DeleteBucketReplication": _delete_nothing,
    "DeleteBucketWebsite": _delete_nothing,
    "GetBucketAccelerateConfiguration": _answering("AccelerateConfiguration"),
    "GetBucketEncryption": _refusing("ServerSideEncryptionConfigurationNotFoundError"),
    "GetBucketLifecycleConfiguration": _refusing("NoSuchLifecycleConfiguration"),
    "GetBucketLogging": _answering("BucketLoggingStatus"),
    "GetBucketNotificationConfiguration": _answering("NotificationConfiguration"),
    "GetBucketReplication": _refusing("ReplicationConfigurationNotFoundError"),
    "GetBucketRequestPayment": _answering("RequestPaymentConfiguration", ("Payer", "BucketOwner")),
    "GetBucketVersioning": _answering("VersioningConfiguration"),
    "GetBucketWebsite": _refusing("NoSuchWebsiteConfiguration"),
    "GetObjectLockConfiguration": _refusing("ObjectLockConfigurationNotFoundError"),
}
