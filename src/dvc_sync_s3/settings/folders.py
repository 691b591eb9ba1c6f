"""Paths in settings: relative ones begin where the service runs, `~` is the user's home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

UserPath = Annotated[Path, AfterValidator(Path.expanduser)]
"""A path as a person writes it."""
