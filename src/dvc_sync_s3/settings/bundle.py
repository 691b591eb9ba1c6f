"""When waiting changes become a commit."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field, model_validator


class BundleSettings(BaseModel):
    """The settings whose names begin with BUNDLE_."""

    bundle_countdown: int | None = Field(
        None, ge=1, description="Commit at the latest when so many objects have changed."
    )
    bundle_quiet_seconds: float | None = Field(
        None,
        ge=0,
        description="Commit after so long a quiet; left out: 2, times 3 per commit of the last 45 minutes, up to 600.",
    )
    bundle_max_seconds: float | None = Field(
        None,
        ge=0,
        description="Commit at the latest so long after the first change; left out: ten times the quiet, up to 600.",
    )

    @model_validator(mode="after")
    def _check_bundle(self) -> Self:
        quiet_s, max_s = self.bundle_quiet_seconds, self.bundle_max_seconds
        if quiet_s is not None and max_s is not None and quiet_s > max_s:
            raise ValueError("BUNDLE_QUIET_SECONDS is more than BUNDLE_MAX_SECONDS: a bundle would never wait so long")
        return self
