"""Every environment name, its default and what it means; read here only.

The field descriptions are the reference: `.env.example` and `docs/reference/settings.md` are made from them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dvc_sync_s3.errors import SettingsError

_EXTRA_KEY = re.compile(r"(?P<id>[^\s:,/]+):(?P<secret>[^\s,]+):(?P<mode>rw|ro)")
_HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _bucket_name(name: str) -> str:
    if not _BUCKET.fullmatch(name) or ".." in name:
        raise ValueError(
            "must be a bucket name: 3 to 63 of a-z, 0-9, '-' and '.', beginning and ending with a letter or digit"
        )
    return name


def _inside_repository(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or not pure.parts or pure.parts[0] in (".git", ".dvc"):
        raise ValueError("must be a path inside the repository, such as data/data.json")
    return str(pure)


@dataclass(frozen=True, slots=True)
class ExtraKey:
    """One more pair of keys; `mode` is what it may do: `rw`, or `ro` for reading only."""

    access_key_id: str
    secret: str = field(repr=False)
    mode: Literal["rw", "ro"]


def _extra_keys(value: SecretStr) -> SecretStr:
    entries = [entry.strip() for entry in value.get_secret_value().split(",") if entry.strip()]
    if not all(_EXTRA_KEY.fullmatch(entry) for entry in entries):
        raise ValueError("must be pairs of keys as id:secret:rw or id:secret:ro, separated by commas")
    ids = [entry.partition(":")[0] for entry in entries]
    if len(set(ids)) < len(ids):
        raise ValueError("must name each access key id once")
    return value


def _domains(value: str) -> str:
    if not all(_HOST_NAME.fullmatch(name) for name in _split(value)):
        raise ValueError("must be host names without a port, separated by commas")
    return value


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.lower().split(",") if part.strip()]


class Settings(BaseSettings):
    """What `.env` and the environment say; the environment wins. An empty value is no value."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", env_ignore_empty=True, extra="ignore", frozen=True
    )

    host: str = Field("127.0.0.1", description="The address `make run` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="The port `make run` listens on.")
    aws_access_key_id: str | None = Field(
        None, description="The access key id Label Studio signs with; left out, a pair is made once and kept."
    )
    aws_secret_access_key: SecretStr | None = Field(None, description="The secret that belongs to it.")
    s3_extra_keys: Annotated[SecretStr, AfterValidator(_extra_keys)] | None = Field(
        None,
        description="More pairs of keys, as id:secret:rw or id:secret:ro (only reads), separated by commas.",
    )
    s3_domain: Annotated[str, AfterValidator(_domains)] = Field(
        "localhost,s3.localhost",
        description="Host names under which a bucket may be a host of its own (bucket.s3.example.com), by commas.",
    )
    s3_data_folder: Path = Field(
        Path("./storage/s3/objects"), description="Where the objects are kept, each bucket a folder."
    )
    s3_bucket: Annotated[str, AfterValidator(_bucket_name)] = Field(
        "annotations",
        description="The bucket that is there from the start; an older service's folders are buckets too.",
    )
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
    dvc_dataset: Annotated[str, AfterValidator(_inside_repository)] = Field(
        "data/data.json", description="The dataset's path in the repository: *.json, an array of Label Studio tasks."
    )
    dvc_remote_name: str | None = Field(
        None, description="Which of the repository's DVC remotes to use; its default one when left out."
    )
    dvc_remote_url: str | None = Field(
        None, description="Where the data goes if the repository has no DVC remote: any URL that DVC takes."
    )
    dvc_cloud_storage_provider: Literal["s3", "gs", "local"] | None = Field(
        None, description="Instead of DVC_REMOTE_URL: s3, gs, or local (a folder)."
    )
    dvc_bucket_name: str | None = Field(
        None, description="With the provider: the bucket (data goes to dvcstore/ in it), or the folder for local."
    )
    dvc_s3_endpoint: str | None = Field(None, description="The S3 endpoint of the DVC remote, if it isn't AWS.")
    dvc_s3_access_key_id: str | None = Field(None, description="The key id for a DVC remote on S3.")
    dvc_s3_secret_access_key: SecretStr | None = Field(None, description="The secret for a DVC remote on S3.")
    dvc_google_application_credentials: Path | None = Field(
        None, description="The service account's key file for a DVC remote on Google Cloud Storage."
    )
    dvc_gcp_service_account_key: SecretStr | None = Field(
        None, description="Or the key itself: its JSON on one line; then the file above need not exist."
    )
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

    @property
    def extra_keys(self) -> tuple[ExtraKey, ...]:
        """Return the pairs of S3_EXTRA_KEYS."""
        text = "" if self.s3_extra_keys is None else self.s3_extra_keys.get_secret_value()
        found = (_EXTRA_KEY.fullmatch(entry.strip()) for entry in text.split(","))
        return tuple(
            ExtraKey(pair["id"], pair["secret"], "ro" if pair["mode"] == "ro" else "rw") for pair in found if pair
        )

    @property
    def s3_domains(self) -> tuple[str, ...]:
        """Return the host names of S3_DOMAIN."""
        return tuple(_split(self.s3_domain))

    @property
    def remote_url(self) -> str | None:
        """Return the URL that DVC_REMOTE_URL or provider and bucket name, None if neither is set."""
        provider, bucket = self.dvc_cloud_storage_provider, self.dvc_bucket_name
        if provider is None or bucket is None:
            return self.dvc_remote_url
        if provider == "local":
            return str(Path(bucket).absolute())
        # The first version of this service used dvcstore/; a bucket with a path of its own means that path.
        return f"{provider}://{bucket if '/' in bucket else bucket + '/dvcstore'}"

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        pairs = (
            ("aws_access_key_id", "aws_secret_access_key"),
            ("dvc_s3_access_key_id", "dvc_s3_secret_access_key"),
            ("dvc_cloud_storage_provider", "dvc_bucket_name"),
        )
        for one, other in (*pairs, *((other, one) for one, other in pairs)):
            if getattr(self, one) is not None and getattr(self, other) is None:
                raise ValueError(f"{other.upper()} is missing: {one.upper()} is set and needs it")
        if self.dvc_remote_url is not None and self.dvc_cloud_storage_provider is not None:
            raise ValueError(
                "DVC_REMOTE_URL and DVC_CLOUD_STORAGE_PROVIDER both say where the data goes: set one of them"
            )
        return self

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if self.aws_access_key_id in {key.access_key_id for key in self.extra_keys}:
            raise ValueError("S3_EXTRA_KEYS names the id that AWS_ACCESS_KEY_ID is: an extra key needs another id")
        return self

    @model_validator(mode="after")
    def _check_repository(self) -> Self:
        needing = ("git_pat_token", "dvc_remote_url", "dvc_cloud_storage_provider", "dvc_remote_name")
        for name in needing:
            if self.git_repo is None and getattr(self, name) is not None:
                raise ValueError(f"GIT_REPO is missing: {name.upper()} is set and means nothing without it")
        return self

    @model_validator(mode="after")
    def _check_google_key(self) -> Self:
        path, key = self.dvc_google_application_credentials, self.dvc_gcp_service_account_key
        if key is not None:
            try:
                parsed = json.loads(key.get_secret_value())
            except ValueError:
                parsed = None
            if not isinstance(parsed, dict) or "client_email" not in parsed:
                raise ValueError(
                    "DVC_GCP_SERVICE_ACCOUNT_KEY must be a service account's key: its whole JSON on one line"
                )
        elif path is not None and not path.is_file():
            raise ValueError(f"DVC_GOOGLE_APPLICATION_CREDENTIALS names {path}, which is not there")
        return self

    @model_validator(mode="after")
    def _check_bundle(self) -> Self:
        quiet_s, max_s = self.bundle_quiet_seconds, self.bundle_max_seconds
        if quiet_s is not None and max_s is not None and quiet_s > max_s:
            raise ValueError("BUNDLE_QUIET_SECONDS is more than BUNDLE_MAX_SECONDS: a bundle would never wait so long")
        return self


def read_settings() -> Settings:
    """Read `.env` and the environment; raise SettingsError with one sentence naming the setting that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    """Say what is wrong with the first wrong setting, never repeating its value: it may be a secret.

    A check over several settings names them itself.
    """
    first = error.errors(include_input=False, include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    message = message[0].lower() + message[1:] if first["loc"] else message
    name = f"{str(first['loc'][0]).upper()} is wrong: it " if first["loc"] else ""
    return f"{name}{message.removeprefix('input ')}."
