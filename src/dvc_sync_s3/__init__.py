"""An S3 storage whose content becomes a DVC dataset in a team's Git repository.

Modules without a test of their name are tested in tests/contract/.
"""

__version__ = "0.1.0"
