"""Every environment name, its default and what it means; read here only.

The field descriptions are the reference: `.env.example` and `docs/reference/settings.md` are made from them.

Modules without a test of their name are tested in tests/unit/test_settings.py.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.settings.bundle import BundleSettings
from dvc_sync_s3.settings.dataset import DatasetSettings
from dvc_sync_s3.settings.dvc import DvcSettings
from dvc_sync_s3.settings.env_file import nearly, read_env_file
from dvc_sync_s3.settings.git import GitSettings
from dvc_sync_s3.settings.s3 import ExtraKey, S3Settings

__all__ = ["ExtraKey", "Settings", "misspelt_names", "read_settings"]

_ENV_FILE = Path(".env")

_MOST_UNASKED = 2
_CAN_TELL = hasattr(os, "sched_getaffinity")


class Settings(S3Settings, GitSettings, DvcSettings, DatasetSettings, BundleSettings, BaseModel):
    """What `.env` and the environment say, by the names in lower case."""

    model_config = ConfigDict(frozen=True)

    host: str = Field("127.0.0.1", description="The address `make run` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="The port `make run` listens on.")
    web_concurrency: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Processes that answer requests, each with 70 MB of memory. Default: two on Linux with two cores "
        "or more, else one. On Windows always one.",
    )

    @property
    def processes(self) -> int:
        """Return how many processes answer requests."""
        if sys.platform == "win32":
            return 1
        return self.web_concurrency or min(_MOST_UNASKED, len(os.sched_getaffinity(0)) if _CAN_TELL else 1)

    @model_validator(mode="after")
    def _check_repository(self) -> Self:
        needing = (
            "git_pat_token",
            "git_ssh_key_file",
            "dvc_remote_url",
            "dvc_cloud_storage_provider",
            "dvc_remote_name",
        )
        for name in needing:
            if self.git_repo is None and getattr(self, name) is not None:
                raise ValueError(f"GIT_REPO is missing: {name.upper()} is set and means nothing without it")
        return self

    @model_validator(mode="after")
    def _check_mirror(self) -> Self:
        if self.dvc_layout == "mirror" and self.merge_on_conflict == "both":
            raise ValueError(
                "MERGE_ON_CONFLICT is both, but one path holds one file: with DVC_LAYOUT=mirror set ours or theirs"
            )
        return self


def read_settings(environ: MutableMapping[str, str] = os.environ) -> Settings:
    """Read `.env` and the environment, which wins; an empty value is no value.

    Names in `.env` that are no settings, such as HTTPS_PROXY and GIT_SSL_CAINFO, are put into the environment, where
    git and the remotes' clients look for them. Raises SettingsError with one sentence naming what is wrong.
    """
    in_file = read_env_file(_ENV_FILE, _names(), environ)
    for name, value in in_file.items():
        if name.upper() not in _names():
            environ.setdefault(name, value)
    try:
        return Settings.model_validate(_given(in_file) | _given(environ))
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def misspelt_names(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return names of the environment that are nearly a setting's, and the settings; they may be another program's.

    >>> misspelt_names({"GIT_BRANCHE": "dev", "GIT_BRANCH": "main", "HOME": "/root"})
    {'GIT_BRANCHE': 'GIT_BRANCH'}
    """
    close = {name: nearly(name, _names()) for name in sorted(environ)}
    return {name: meant for name, meant in close.items() if meant is not None}


def _names() -> frozenset[str]:
    return frozenset(name.upper() for name in Settings.model_fields)


def _given(values: Mapping[str, str]) -> dict[str, str]:
    """Return the settings among `values`; raise SettingsError for one whose quotes are taken for a part of it."""
    given = {name.lower(): value.strip() for name, value in values.items() if name.upper() in _names()}
    for name, value in given.items():
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            raise SettingsError(f"{name.upper()} has quotes around it: remove them. Only .env takes a pair of quotes.")
    return {name: value for name, value in given.items() if value}


def _sentence(error: ValidationError) -> str:
    """Say what is wrong with the first wrong setting, never repeating its value: it may be a secret.

    A check over several settings names them itself.
    """
    first = error.errors(include_input=False, include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    message = message[0].lower() + message[1:] if first["loc"] else message
    name = f"{str(first['loc'][0]).upper()} is wrong: it " if first["loc"] else ""
    return f"{name}{message.removeprefix('input ')}."
