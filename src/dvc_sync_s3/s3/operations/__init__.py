"""The operations on offer, by their names in the AWS API reference.

Modules without a test of their name are tested in tests/conformance/.
"""

from __future__ import annotations

from collections.abc import Mapping

from dvc_sync_s3.s3.call import Operation
from dvc_sync_s3.s3.operations.abort_multipart_upload import abort_multipart_upload
from dvc_sync_s3.s3.operations.complete_multipart_upload import complete_multipart_upload
from dvc_sync_s3.s3.operations.copy_object import copy_object
from dvc_sync_s3.s3.operations.create_bucket import create_bucket
from dvc_sync_s3.s3.operations.create_multipart_upload import create_multipart_upload
from dvc_sync_s3.s3.operations.delete_bucket import delete_bucket
from dvc_sync_s3.s3.operations.delete_bucket_cors import delete_bucket_cors
from dvc_sync_s3.s3.operations.delete_bucket_ownership_controls import delete_bucket_ownership_controls
from dvc_sync_s3.s3.operations.delete_bucket_policy import delete_bucket_policy
from dvc_sync_s3.s3.operations.delete_bucket_tagging import delete_bucket_tagging
from dvc_sync_s3.s3.operations.delete_object import delete_object
from dvc_sync_s3.s3.operations.delete_object_tagging import delete_object_tagging
from dvc_sync_s3.s3.operations.delete_objects import delete_objects
from dvc_sync_s3.s3.operations.delete_public_access_block import delete_public_access_block
from dvc_sync_s3.s3.operations.get_bucket_acl import get_bucket_acl
from dvc_sync_s3.s3.operations.get_bucket_cors import get_bucket_cors
from dvc_sync_s3.s3.operations.get_bucket_location import get_bucket_location
from dvc_sync_s3.s3.operations.get_bucket_ownership_controls import get_bucket_ownership_controls
from dvc_sync_s3.s3.operations.get_bucket_policy import get_bucket_policy
from dvc_sync_s3.s3.operations.get_bucket_policy_status import get_bucket_policy_status
from dvc_sync_s3.s3.operations.get_bucket_tagging import get_bucket_tagging
from dvc_sync_s3.s3.operations.get_object import get_object
from dvc_sync_s3.s3.operations.get_object_acl import get_object_acl
from dvc_sync_s3.s3.operations.get_object_attributes import get_object_attributes
from dvc_sync_s3.s3.operations.get_object_tagging import get_object_tagging
from dvc_sync_s3.s3.operations.get_public_access_block import get_public_access_block
from dvc_sync_s3.s3.operations.head_bucket import head_bucket
from dvc_sync_s3.s3.operations.head_object import head_object
from dvc_sync_s3.s3.operations.list_buckets import list_buckets
from dvc_sync_s3.s3.operations.list_multipart_uploads import list_multipart_uploads
from dvc_sync_s3.s3.operations.list_object_versions import list_object_versions
from dvc_sync_s3.s3.operations.list_objects import list_objects
from dvc_sync_s3.s3.operations.list_objects_v2 import list_objects_v2
from dvc_sync_s3.s3.operations.list_parts import list_parts
from dvc_sync_s3.s3.operations.post_object import post_object
from dvc_sync_s3.s3.operations.put_bucket_acl import put_bucket_acl
from dvc_sync_s3.s3.operations.put_bucket_cors import put_bucket_cors
from dvc_sync_s3.s3.operations.put_bucket_ownership_controls import put_bucket_ownership_controls
from dvc_sync_s3.s3.operations.put_bucket_policy import put_bucket_policy
from dvc_sync_s3.s3.operations.put_bucket_tagging import put_bucket_tagging
from dvc_sync_s3.s3.operations.put_object import put_object
from dvc_sync_s3.s3.operations.put_object_acl import put_object_acl
from dvc_sync_s3.s3.operations.put_object_tagging import put_object_tagging
from dvc_sync_s3.s3.operations.put_public_access_block import put_public_access_block
from dvc_sync_s3.s3.operations.unconfigured import UNCONFIGURED
from dvc_sync_s3.s3.operations.upload_part import upload_part
from dvc_sync_s3.s3.operations.upload_part_copy import upload_part_copy

OPERATIONS: Mapping[str, Operation] = {
    "AbortMultipartUpload": abort_multipart_upload,
    "CompleteMultipartUpload": complete_multipart_upload,
    "CopyObject": copy_object,
    "CreateBucket": create_bucket,
    "CreateMultipartUpload": create_multipart_upload,
    "DeleteBucket": delete_bucket,
    "DeleteBucketCors": delete_bucket_cors,
    "DeleteBucketOwnershipControls": delete_bucket_ownership_controls,
    "DeleteBucketPolicy": delete_bucket_policy,
    "DeleteBucketTagging": delete_bucket_tagging,
    "DeleteObject": delete_object,
    "DeleteObjectTagging": delete_object_tagging,
    "DeleteObjects": delete_objects,
    "DeletePublicAccessBlock": delete_public_access_block,
    "GetBucketAcl": get_bucket_acl,
    "GetBucketCors": get_bucket_cors,
    "GetBucketLocation": get_bucket_location,
    "GetBucketOwnershipControls": get_bucket_ownership_controls,
    "GetBucketPolicy": get_bucket_policy,
    "GetBucketPolicyStatus": get_bucket_policy_status,
    "GetBucketTagging": get_bucket_tagging,
    "GetObject": get_object,
    "GetObjectAcl": get_object_acl,
    "GetObjectAttributes": get_object_attributes,
    "GetObjectTagging": get_object_tagging,
    "GetPublicAccessBlock": get_public_access_block,
    "HeadBucket": head_bucket,
    "HeadObject": head_object,
    "ListBuckets": list_buckets,
    "ListMultipartUploads": list_multipart_uploads,
    "ListObjectVersions": list_object_versions,
    "ListObjects": list_objects,
    "ListObjectsV2": list_objects_v2,
    "ListParts": list_parts,
    "PostObject": post_object,
    "PutBucketAcl": put_bucket_acl,
    "PutBucketCors": put_bucket_cors,
    "PutBucketOwnershipControls": put_bucket_ownership_controls,
    "PutBucketPolicy": put_bucket_policy,
    "PutBucketTagging": put_bucket_tagging,
    "PutObject": put_object,
    "PutObjectAcl": put_object_acl,
    "PutObjectTagging": put_object_tagging,
    "PutPublicAccessBlock": put_public_access_block,
    "UploadPart": upload_part,
    "UploadPartCopy": upload_part_copy,
    **UNCONFIGURED,
}
