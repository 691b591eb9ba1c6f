"""AWS Signature Version 4: who sent this request, and is it what they sent.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html

Modules without a test of their name are tested in tests/unit/s3/sigv4/.
"""
