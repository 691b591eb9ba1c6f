"""PutBucketPolicy: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html."""

from __future__ import annotations

from dvc_sync_s3.s3.access.bucket_policy import MAX_BYTES, read_policy
from dvc_sync_s3.s3.call import Call
from dvc_sync_s3.s3.documents import BucketDocument
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.response import Response


async def put_bucket_policy(call: Call) -> Response:
    """Replace the bucket's policy; refuse one that can't be judged, or a public one where these are blocked."""
    bucket = call.access
    if call.body.expected_size > MAX_BYTES:
        raise S3Error("MalformedPolicy", f"A policy has at most {MAX_BYTES} bytes.")
    text = b"".join([data async for data in call.body])
    policy = read_policy(text, bucket.name)
    if policy.is_public and bucket.block.block_public_policy:
        raise S3Error("AccessDenied", "Public policies are blocked by the bucket's public access block.")
    await call.store.put_bucket_document(bucket.name, BucketDocument.POLICY, text)
    return Response(status=204)
