"""What DVC keeps: `.dvc` files, objects in a cache, objects on a remote.

Modules without a test of their name are tested in tests/contract/dvc/ and tests/contract/sync/.
"""
