"""The S3 protocol: one request from its bytes to its answer, knowing nothing of sync, DVC or Git.

Modules without a test of their name are tested in tests/conformance/.
"""
