"""Settings that mean something only together."""

from __future__ import annotations

from pydantic import BaseModel


def refuse_half(settings: BaseModel, one: str, other: str) -> None:
    """Raise ValueError, naming the missing one, if only one of two settings is set."""
    for present, absent in ((one, other), (other, one)):
        if getattr(settings, present) is not None and getattr(settings, absent) is None:
            raise ValueError(f"{absent.upper()} is missing: {present.upper()} is set and needs it")
