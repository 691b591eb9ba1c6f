"""The composition root: settings in, a server and its worker out; nothing above it knows how they are made.

Modules without a test of their name are tested in tests/contract/start/ and tests/conformance/test_large_heads.py.
"""
