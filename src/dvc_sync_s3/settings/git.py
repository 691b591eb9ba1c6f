"""The team's repository and who we are in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from dvc_sync_s3.settings.addresses import repository_address, without_password
from dvc_sync_s3.settings.branches import branch_name
from dvc_sync_s3.settings.folders import UserPath
from dvc_sync_s3.settings.pairs import refuse_half

_LONGEST_PREFIX = 40
_Branch = Annotated[str, AfterValidator(branch_name)]


def _prefix(value: str) -> str:
    if not value.isprintable() or len(value) > _LONGEST_PREFIX:
        raise ValueError(f"must be one line of at most {_LONGEST_PREFIX} characters")
    return value


class GitSettings(BaseModel):
    """The settings whose names begin with GIT_."""

    git_repo: Annotated[str, AfterValidator(repository_address)] | None = Field(
        None,
        description="The team's repository: an address for https or ssh, or a path. "
        "Default: a playground under ./storage/playground.",
    )
    git_branch: _Branch = Field(
        "main",
        description="The branch to keep current. If the repository has no branch of that name, nor of one like it, "
        "the first commit makes it from the default branch.",
    )
    git_folder: UserPath = Field(
        Path("./storage/git"), description="The folder of the service's own clone. You may delete it at any time."
    )
    git_pat_name: str | None = Field(
        None, description="The user name for the access token. Default: the name before the @ of GIT_REPO, or dvc-sync."
    )
    git_pat_token: SecretStr | None = Field(None, description="An access token that may push to the branch.")
    git_author_name: str | None = Field(None, description="Author of the service's commits. Default: GIT_PAT_NAME.")
    git_author_email: str = Field(
        "dvc-sync-s3@users.noreply.invalid", description="E-mail address of the service's commits."
    )
    git_committer_name: str | None = Field(
        None, description="Who commits, if it is to be someone else than the author."
    )
    git_committer_email: str | None = Field(None, description="The committer's e-mail address.")
    git_commit_prefix: Annotated[str, AfterValidator(_prefix)] | None = Field(
        None, description="What the first line of each commit's message begins with, such as 'chore(data):' or DATA-12."
    )
    git_sign_off: bool = Field(
        default=False,
        description="Whether each commit's message ends with the committer's Signed-off-by, as by git commit -s.",
    )
    git_co_authors: Literal["on", "off"] = Field(
        "on",
        description="Whether commits name annotators with their e-mail address, as Co-authored-by; off: no address.",
    )
    git_mailmap_file: UserPath | None = Field(
        None, description="A file that gives annotators other names or addresses in commits, in Git's mailmap form."
    )
    git_sign_commits: bool | None = Field(
        None,
        description="Whether commits are signed. Default: if GIT_SIGNING_KEY is set or Git's configuration says so.",
    )
    git_signing_key: str | None = Field(
        None, description="What to sign with: an ssh key's file, or the id of a GPG key. Default: user.signingKey."
    )
    git_signing_format: Literal["ssh", "openpgp", "x509"] | None = Field(
        None, description="The kind of that key. Default: ssh if GIT_SIGNING_KEY is a file, else openpgp."
    )
    git_ssh_key_file: UserPath | None = Field(
        None, description="The private key for a GIT_REPO by ssh, such as a deploy key; only the user may read it."
    )
    git_ssh_known_hosts_file: UserPath | None = Field(
        None, description="The keys of ssh servers that may be trusted. Default: the user's known_hosts."
    )

    git_merge_request: bool = Field(
        default=False,
        description="Push to a side branch and open a merge request for GIT_BRANCH, instead of pushing to that.",
    )
    git_merge_request_branch: _Branch | None = Field(
        None, description="The side branch, for this service alone. Default: dvc-sync/ and GIT_BRANCH."
    )
    git_host_kind: Literal["github", "gitlab", "gitea"] | None = Field(
        None,
        description="Kind of Git host: github, gitlab or gitea (also Forgejo). Needed if GIT_REPO doesn't show it.",
    )
    git_api_url: Annotated[str, AfterValidator(lambda url: without_password(url, "GIT_PAT_TOKEN"))] | None = Field(
        None, description="The address of the host's API, if GIT_REPO doesn't show it. GitLab needs none."
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
