"""From durable changes to a commit on the team's branch.

Modules without a test of their name are tested in tests/contract/sync/ and tests/unit/sync/.
"""
