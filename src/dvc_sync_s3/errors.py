"""What went wrong below the edge, sorted by what to do next."""

from __future__ import annotations


class SyncError(Exception):
    """Say what happened in one sentence; `hint` says what the operator can do, and is never empty."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Transient(SyncError):
    """Run the cycle again later: the network, a server or the disk did not answer as it should."""


class Rejected(SyncError):
    """Fetch and plan again now: someone pushed to the branch first."""


class Blocked(SyncError):
    """Wait for a person: a token was revoked, a branch is protected, a setting is wrong."""


class SettingsError(Exception):
    """Name the setting that is missing or contradictory, and what it should be, in one sentence."""
