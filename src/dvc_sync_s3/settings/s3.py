"""What Label Studio and other S3 clients connect to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from dvc_sync_s3.settings.folders import UserPath
from dvc_sync_s3.settings.pairs import refuse_half

_EXTRA_KEY = re.compile(r"(?P<id>[^\s:,/]+):(?P<secret>[^\s,]+):(?P<mode>rw|ro)(?::(?P<owner>[A-Za-z0-9@._+-]{1,64}))?")
_HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_UMASK = re.compile(r"0?0[0-7]{2}")
_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _bucket_name(name: str) -> str:
    if not _BUCKET.fullmatch(name) or ".." in name:
        raise ValueError(
            "must be a bucket name: 3 to 63 of a-z, 0-9, '-' and '.', beginning and ending with a letter or digit"
        )
    return name


@dataclass(frozen=True, slots=True)
class ExtraKey:
    """One more pair of keys; `mode` is what it may do: `rw`, or `ro` for reading only.

    `owner` names the account it belongs to, None the main one.
    """

    access_key_id: str
    secret: str = field(repr=False)
    mode: Literal["rw", "ro"]
    owner: str | None = None


def _extra_keys(value: SecretStr) -> SecretStr:
    entries = [entry.strip() for entry in value.get_secret_value().split(",") if entry.strip()]
    if not all(_EXTRA_KEY.fullmatch(entry) for entry in entries):
        raise ValueError(
            "must be pairs of keys as id:secret:rw or id:secret:ro, with or without :owner, separated by commas"
        )
    ids = [entry.partition(":")[0] for entry in entries]
    if len(set(ids)) < len(ids):
        raise ValueError("must name each access key id once")
    return value


def _domains(value: str) -> str:
    if not all(_HOST_NAME.fullmatch(name) for name in _split(value)):
        raise ValueError("must be host names without a port, separated by commas")
    return value


def _umask(value: str) -> str:
    if not _UMASK.fullmatch(value):
        raise ValueError("must be three octal digits, the first 0, as 077 (only the service's user), 027 or 022")
    return value


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.lower().split(",") if part.strip()]


class S3Settings(BaseModel):
    """The settings whose names begin with AWS_ or S3_."""

    aws_access_key_id: str | None = Field(
        None,
        description="The access key id Label Studio signs with. Default: the service makes a pair once and keeps it.",
    )
    aws_secret_access_key: SecretStr | None = Field(None, description="The secret that belongs to it.")
    s3_extra_keys: Annotated[SecretStr, AfterValidator(_extra_keys)] | None = Field(
        None,
        description="More pairs of keys, as id:secret:rw or id:secret:ro (only reads), separated by commas."
        " Append :owner to give the pair an account of its own, which sees no bucket until a policy allows it.",
    )
    s3_object_ownership: Literal["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] = Field(
        "BucketOwnerEnforced",
        description="Ownership of new buckets. BucketOwnerEnforced: private, no access control lists."
        " BucketOwnerPreferred or ObjectWriter: lists on, public access possible.",
    )
    s3_upload_expiry_days: int = Field(
        7,
        ge=0,
        le=3650,
        description="Days after which an unfinished multipart upload without new parts is aborted. 0 turns this off.",
    )
    s3_domain: Annotated[str, AfterValidator(_domains)] = Field(
        "localhost,s3.localhost",
        description="Host names, comma-separated, below which a bucket may be a host: bucket.s3.example.com.",
    )
    s3_data_folder: UserPath = Field(
        Path("./storage/s3/objects"), description="Where the objects are kept, each bucket a folder."
    )
    s3_umask: Annotated[str, AfterValidator(_umask)] = Field(
        "077",
        description="The umask of what the service writes into S3_DATA_FOLDER and GIT_FOLDER: files for its user alone;"
        " 027 lets its group read the plain files, 022 everyone. Files that are there stay as they are.",
    )
    s3_bucket: Annotated[str, AfterValidator(_bucket_name)] = Field(
        "annotations",
        description="Bucket created at the first start.",
    )

    @property
    def extra_keys(self) -> tuple[ExtraKey, ...]:
        """Return the pairs of S3_EXTRA_KEYS."""
        text = "" if self.s3_extra_keys is None else self.s3_extra_keys.get_secret_value()
        found = (_EXTRA_KEY.fullmatch(entry.strip()) for entry in text.split(","))
        return tuple(
            ExtraKey(pair["id"], pair["secret"], "ro" if pair["mode"] == "ro" else "rw", pair["owner"])
            for pair in found
            if pair
        )

    @property
    def upload_expiry(self) -> timedelta | None:
        """Return how long an upload in parts may rest, None for ever."""
        return timedelta(days=self.s3_upload_expiry_days) if self.s3_upload_expiry_days else None

    @property
    def umask(self) -> int:
        """Return S3_UMASK as a number."""
        return int(self.s3_umask, 8)

    @property
    def s3_domains(self) -> tuple[str, ...]:
        """Return the host names of S3_DOMAIN."""
        return tuple(_split(self.s3_domain))

    @model_validator(mode="after")
    def _check_main_key(self) -> Self:
        refuse_half(self, "aws_access_key_id", "aws_secret_access_key")
        return self

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if self.aws_access_key_id in {key.access_key_id for key in self.extra_keys}:
            raise ValueError("S3_EXTRA_KEYS names the id that AWS_ACCESS_KEY_ID is: an extra key needs another id")
        return self
