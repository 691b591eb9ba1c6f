"""Objects and their changes on disk: what an acknowledged request rests on.

Modules without a test of their name are tested in tests/contract/store/.
"""
