"""What a bucket becomes: records, how they become files, and the merge.

Modules without a test of their name are tested in tests/unit/dataset/test_merge.py.
"""
