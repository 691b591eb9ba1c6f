"""The operations on offer, by their names in the AWS API reference."""

from __future__ import annotations

from collections.abc import Mapping

from dvc_sync_s3.s3.call import Operation
from dvc_sync_s3.s3.operations.delete_object import delete_object
from dvc_sync_s3.s3.operations.get_object import get_object
from dvc_sync_s3.s3.operations.head_bucket import head_bucket
from dvc_sync_s3.s3.operations.head_object import head_object
from dvc_sync_s3.s3.operations.list_objects import list_objects
from dvc_sync_s3.s3.operations.list_objects_v2 import list_objects_v2
from dvc_sync_s3.s3.operations.put_object import put_object

OPERATIONS: Mapping[str, Operation] = {
    "DeleteObject": delete_object,
    "GetObject": get_object,
    "HeadBucket": head_bucket,
    "HeadObject": head_object,
    "ListObjects": list_objects,
    "ListObjectsV2": list_objects_v2,
    "PutObject": put_object,
}
