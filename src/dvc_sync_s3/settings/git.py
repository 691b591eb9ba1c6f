"""The team's repository and who we are in it."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, SecretStr


class GitSettings(BaseModel):
    """The settings whose names begin with GIT_."""

    git_repo: str | None = Field(
        None,
        description="The team's repository (https, ssh or a path); left out, a playground under ./storage/playground.",
    )
    git_branch: str = Field("main", min_length=1, description="The branch to keep current; made when it isn't there.")
    git_folder: Path = Field(Path("./storage/git"), description="Where our clone lives; it may be deleted at any time.")
    git_pat_name: str | None = Field(None, description="The user name that goes with the access token.")
    git_pat_token: SecretStr | None = Field(None, description="An access token that may push to the branch.")
    git_author_name: str | None = Field(None, description="Who our commits are by; GIT_PAT_NAME when left out.")
    git_author_email: str = Field("dvc-sync-s3@users.noreply.invalid", description="The e-mail address of our commits.")
