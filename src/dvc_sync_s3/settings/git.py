"""The team's repository and who we are in it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, Field, SecretStr, model_validator

from dvc_sync_s3.settings.pairs import refuse_half


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
    git_committer_name: str | None = Field(
        None, description="Who commits, if it is to be someone else than the author."
    )
    git_committer_email: str | None = Field(None, description="The committer's e-mail address.")
    git_co_authors: Literal["on", "off"] = Field(
        "on",
        description="Whether commits name annotators with their e-mail address, as Co-authored-by; off: no address.",
    )
    git_mailmap_file: Path | None = Field(
        None, description="A file that gives annotators other names or addresses in commits, in Git's mailmap form."
    )
    git_sign_commits: bool | None = Field(
        None,
        description="Whether commits are signed; left out: if GIT_SIGNING_KEY is set or Git's configuration says so.",
    )
    git_signing_key: str | None = Field(
        None, description="What to sign with: an ssh key's file, or the id of a GPG key; user.signingKey when left out."
    )
    git_signing_format: Literal["ssh", "openpgp", "x509"] | None = Field(
        None, description="The kind of that key; left out: ssh if GIT_SIGNING_KEY is a file, else openpgp."
    )
    git_ssh_key_file: Path | None = Field(
        None, description="The private key for a GIT_REPO by ssh, such as a deploy key; only the user may read it."
    )
    git_ssh_known_hosts_file: Path | None = Field(
        None, description="The keys of ssh servers that may be trusted; the user's known_hosts when left out."
    )

    git_merge_request: bool = Field(
        default=False,
        description="Push to a side branch and open a merge request for GIT_BRANCH, instead of pushing to that.",
    )
    git_merge_request_branch: str | None = Field(
        None, description="The side branch, for this service alone; dvc-sync/ and GIT_BRANCH when left out."
    )
    git_host_kind: Literal["github", "gitlab", "gitea"] | None = Field(
        None, description="Whose merge requests, if GIT_REPO doesn't tell; gitea for Forgejo too."
    )
    git_api_url: str | None = Field(
        None, description="Where the host's API is, if it can't be told from GIT_REPO; not needed with GitLab."
    )

    @model_validator(mode="after")
    def _check_files(self) -> Self:
        for name in ("git_mailmap_file", "git_ssh_key_file", "git_ssh_known_hosts_file"):
            path: Path | None = getattr(self, name)
            if path is not None and not path.is_file():
                raise ValueError(f"{name.upper()} names {path}, which is not there")
        return self

    @model_validator(mode="after")
    def _check_signing(self) -> Self:
        refuse_half(self, "git_committer_name", "git_committer_email")
        if self.git_signing_key is not None and self.git_sign_commits is False:
            raise ValueError("GIT_SIGN_COMMITS is false, but GIT_SIGNING_KEY is set: leave out one of them")
        return self

    @model_validator(mode="after")
    def _check_merge_request(self) -> Self:
        if self.git_merge_request_branch == self.git_branch:
            raise ValueError("GIT_MERGE_REQUEST_BRANCH is GIT_BRANCH: a merge request needs a branch of its own")
        return self
