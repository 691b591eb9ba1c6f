"""GetBucketPolicyStatus: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.acl import is_public
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.response import Response
from dvc_sync_s3.s3.xml import CONTENT_TYPE, document


async def get_bucket_policy_status(call: Call) -> Response:
    """Say whether the bucket's policy or its list lets in everyone."""
    bucket = call.access
    by_policy = bucket.policy is not None and bucket.policy.is_public and not bucket.block.restrict_public_buckets
    by_list = bucket.has_lists and is_public(bucket.acl) and not bucket.block.ignore_public_acls
    body = document("PolicyStatus", [("IsPublic", by_policy or by_list)])
    return Response(headers={"Content-Type": CONTENT_TYPE}, body=body)
