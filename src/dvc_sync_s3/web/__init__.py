"""Pages and probes under /-/, a path that no bucket can have.

Modules without a test of their name are tested in tests/unit/web/test_probes.py.
"""
