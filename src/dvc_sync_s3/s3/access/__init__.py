"""Who may do what: accounts, access control lists, policies, what is blocked, and the decision from all of them.

Modules without a test of their name are tested in tests/conformance/test_access.py.
"""
