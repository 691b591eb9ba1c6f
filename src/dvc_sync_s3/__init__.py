"""An S3 storage whose content becomes a DVC dataset in a team's Git repository."""

__version__ = "0.1.0"
