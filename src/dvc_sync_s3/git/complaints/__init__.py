"""What git prints when it fails, and what each of it means: a table for each speaker, read from the top.

Modules without a test of their name are tested in tests/unit/git/test_git_complaints.py.
"""
