"""AWS Signature Version 4: who sent this request, and is it what they sent.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""
