"""The S3 protocol: one request from its bytes to its answer, knowing nothing of sync, DVC or Git."""
