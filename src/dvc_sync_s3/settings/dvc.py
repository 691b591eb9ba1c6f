"""The dataset and its DVC remote."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from dvc_sync_s3.settings.addresses import without_password
from dvc_sync_s3.settings.folders import UserPath
from dvc_sync_s3.settings.pairs import refuse_half


def inside_repository(path: str) -> str:
    """Return `path` without a trailing slash; raises ValueError if it leads out of a repository or into its machinery.

    >>> inside_repository("data/annotations/")
    'data/annotations'
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or not pure.parts or {".git", ".dvc"} & set(pure.parts):
        raise ValueError("must be a path inside the repository, such as data/data.json")
    return str(pure)


def _remote_url(url: str) -> str:
    """Return an address without a password, and a path as an absolute one: DVC would begin at the repository."""
    if "://" in url:
        return without_password(url, "DVC_REMOTE_OPTIONS")
    return str(Path(url).expanduser().absolute())


def _remote_options(value: SecretStr) -> SecretStr:
    try:
        parsed = json.loads(value.get_secret_value())
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict) or not all(isinstance(one, str | int | float) for one in parsed.values()):
        raise ValueError('must be a JSON object of texts, numbers and true or false, such as {"port": 2222}')
    return value


_Endpoint = Annotated[str, AfterValidator(lambda url: without_password(url, "DVC_S3_SECRET_ACCESS_KEY"))]


class DvcSettings(BaseModel):
    """The settings whose names begin with DVC_."""

    dvc_dataset: Annotated[str, AfterValidator(inside_repository)] = Field(
        "data/data.json",
        description="Path in the repository. The ending chooses the format: .json one array, .jsonl one task per line, "
        "no ending a folder of .jsonl files.",
    )
    dvc_layout: Literal["records", "mirror"] = Field(
        "records",
        description="records: annotations, merged by task; mirror: the bucket's own tree, any tool's files, in the "
        "folder DVC_DATASET.",
    )
    dvc_metrics: bool = Field(
        default=True,
        description="Whether commits carry the dataset's numbers as DVC metrics, in *.metrics.json beside the dataset.",
    )
    dvc_remote_name: str | None = Field(
        None, description="Which of the repository's DVC remotes to use. Default: the repository's default one."
    )
    dvc_remote_url: Annotated[str, AfterValidator(_remote_url)] | None = Field(
        None,
        description="Where the data goes if the repository has no DVC remote: any URL that DVC takes, or a path; also "
        "the folder that a relative path in its configuration stands for.",
    )
    dvc_cloud_storage_provider: Literal["s3", "gs", "local"] | None = Field(
        None, description="Instead of DVC_REMOTE_URL: s3, gs, or local (a folder)."
    )
    dvc_bucket_name: str | None = Field(
        None, description="With the provider: the bucket (data goes to dvcstore/ in it), or the folder for local."
    )
    dvc_s3_endpoint: _Endpoint | None = Field(None, description="The S3 endpoint of the DVC remote, if it isn't AWS.")
    dvc_s3_access_key_id: str | None = Field(None, description="The key id for a DVC remote on S3.")
    dvc_s3_secret_access_key: SecretStr | None = Field(None, description="The secret for a DVC remote on S3.")
    dvc_google_application_credentials: UserPath | None = Field(
        None, description="The service account's key file for a DVC remote on Google Cloud Storage."
    )
    dvc_gcp_service_account_key: SecretStr | None = Field(
        None, description="Or the key itself: its JSON on one line; then the file above need not exist."
    )
    dvc_remote_options: Annotated[SecretStr, AfterValidator(_remote_options)] | None = Field(
        None,
        description="Any option that DVC has for the remote's kind, such as secrets, over the repository's: "
        'a JSON object, such as {"connection_string": "…"}.',
    )

    @property
    def remote_options(self) -> dict[str, str | int | float]:
        """Return the options of DVC_REMOTE_OPTIONS."""
        text = "{}" if self.dvc_remote_options is None else self.dvc_remote_options.get_secret_value()
        options: dict[str, str | int | float] = json.loads(text)
        return options

    @property
    def remote_url(self) -> str | None:
        """Return the URL that DVC_REMOTE_URL or provider and bucket name, None if neither is set."""
        provider, bucket = self.dvc_cloud_storage_provider, self.dvc_bucket_name
        if provider is None or bucket is None:
            return self.dvc_remote_url
        if provider == "local":
            return str(Path(bucket).expanduser().absolute())
        # The first version of this service used dvcstore/; a bucket with a path of its own means that path.
        return f"{provider}://{bucket if '/' in bucket else bucket + '/dvcstore'}"

    @model_validator(mode="after")
    def _check_layout(self) -> Self:
        if self.dvc_layout == "mirror" and PurePosixPath(self.dvc_dataset).suffix in {".json", ".jsonl"}:
            raise ValueError(
                f"DVC_LAYOUT is mirror, which is a folder, but DVC_DATASET is {self.dvc_dataset}: set a folder's path, "
                "such as data/bucket"
            )
        return self

    @model_validator(mode="after")
    def _check_remote(self) -> Self:
        refuse_half(self, "dvc_s3_access_key_id", "dvc_s3_secret_access_key")
        refuse_half(self, "dvc_cloud_storage_provider", "dvc_bucket_name")
        if self.dvc_remote_url is not None and self.dvc_cloud_storage_provider is not None:
            raise ValueError(
                "DVC_REMOTE_URL and DVC_CLOUD_STORAGE_PROVIDER both say where the data goes: set one of them"
            )
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
