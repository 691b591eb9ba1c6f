"""Which of a repository's remotes the dataset goes to, as a pure decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dvc_sync_s3.dvc.saying import without_passwords
from dvc_sync_s3.errors import Blocked


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """What the service's settings say of the DVC remote; all of it optional, the repository usually says enough."""

    name: str | None = None
    url: str | None = None
    s3_endpoint: str | None = None
    s3_access_key_id: str | None = field(default=None, repr=False)
    s3_secret_access_key: str | None = field(default=None, repr=False)
    gcs_credentials_file: Path | None = None
    options: Mapping[str, object] = field(default_factory=dict, repr=False)
    umask: int | None = None
    """That of the user, for a remote that is a folder; None is this process's."""


def choose(
    *, out_remote: str | None, settings: RemoteSettings, names: Collection[str], default: str | None
) -> str | None:
    """Return the name of the remote to use, None for the URL in the settings.

    `out_remote` stands in the `.dvc` file, `names` (in lower case, as DVC reads them) and `default` in `.dvc/config`.
    Raises Blocked, naming what there is, if that leaves no choice.

    >>> choose(out_remote=None, settings=RemoteSettings(), names=["team", "old"], default="team")
    'team'
    """
    there = ", ".join(sorted(names)) or "none"
    if out_remote is not None:
        return _existing(out_remote, names, f"the .dvc file asks for the remote {out_remote}; .dvc/config has: {there}")
    if settings.name is not None and (names or settings.url is None):
        return _existing(settings.name, names, f"DVC_REMOTE_NAME is {settings.name}; .dvc/config has: {there}")
    if default is not None:
        return _existing(default, names, f"core.remote is {default}; .dvc/config has: {there}")
    if names:
        raise Blocked(
            f"no remote is the default; .dvc/config has: {there}",
            hint="Set DVC_REMOTE_NAME, or run `dvc remote default <name>`, commit and push.",
        )
    if settings.url is None:
        raise Blocked(
            "the repository has no DVC remote",
            hint="Run `dvc remote add -d <name> <url>`, commit and push; or set DVC_REMOTE_URL.",
        )
    return None


def _existing(name: str, names: Collection[str], complaint: str) -> str:
    if name.lower() in names:
        return name.lower()
    raise Blocked(
        without_passwords(complaint), hint="Set the name to one of these, or run `dvc remote add`, commit and push."
    )
