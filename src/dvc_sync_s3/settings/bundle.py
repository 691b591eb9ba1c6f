"""When waiting changes become a commit."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field, model_validator


class BundleSettings(BaseModel):
    """The settings whose names begin with BUNDLE_."""

    bundle_countdown: int | None = Field(
        None, ge=1, description="Commit at the latest when this number of objects has changed."
    )
    bundle_quiet_seconds: float | None = Field(
        None,
        ge=0,
        description="Commit when nothing has changed for this many seconds. Default: 2, with ten commits at once and "
        "then one every 500 seconds; a value turns that budget off. Set 2 for a demo.",
    )
    bundle_max_seconds: float | None = Field(
        None,
        ge=0,
        description="Commit at the latest this many seconds after the first change. Default: ten times "
        "BUNDLE_QUIET_SECONDS; without that, 10, or up to 500 when the budget is used up.",
    )

    @model_validator(mode="after")
    def _check_bundle(self) -> Self:
        quiet_s, max_s = self.bundle_quiet_seconds, self.bundle_max_seconds
        if quiet_s is not None and max_s is not None and quiet_s > max_s:
            raise ValueError("BUNDLE_QUIET_SECONDS is more than BUNDLE_MAX_SECONDS: a bundle would never wait so long")
        return self
