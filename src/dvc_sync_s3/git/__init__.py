"""The team's repository: a private clone, commits, pushes.

Modules without a test of their name are tested in tests/contract/git/.
"""
