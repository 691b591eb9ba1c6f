"""What is laid over a remote's options in memory: the settings, and what a service without a person needs; pure.

DVC's schema says which options each kind of remote has:
https://dvc.org/doc/user-guide/data-management/remote-storage
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dvc.config_schema import REMOTE_SCHEMAS, Invalid, Schema

from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.errors import Blocked

Options = Mapping[str, object]

EXTRAS = {"azure": "azure", "gdrive": "gdrive", "hdfs": "hdfs", "webhdfs": "hdfs", "oss": "oss", "ssh": "ssh"} | {
    "webdav": "webdav",
    "webdavs": "webdav",
}
"""Which extra of this package brings DVC's support for a scheme; the others are always there."""

PATHS = (
    "cert_path",
    "configpath",
    "credentialpath",
    "gdrive_service_account_json_file_path",
    "gdrive_user_credentials_file",
    "key_path",
    "keyfile",
)
"""Options that name a file on this machine."""

# A cycle tries again by itself, so it waits for no server as long as a person at a terminal would.
_PATIENCE: Mapping[str, Options] = {
    "s3": {"connect_timeout": 10},
    "http": {"connect_timeout": 10},
    "https": {"connect_timeout": 10},
    "ssh": {"timeout": 30},
}
_NEVER_ASK = {"ask_password": False, "ask_passphrase": False}
_OF_THE_REPOSITORY = {"url", "version_aware", "worktree"}


def scheme_of(url: str) -> str:
    """Return the kind of a remote as DVC's schema names it, "" for a folder; raise Blocked for one DVC doesn't know.

    >>> scheme_of("azure://container/dvc"), scheme_of("/mnt/team")
    ('azure', '')
    """
    parts = urlsplit(url)
    scheme = parts.scheme if parts.netloc else ""
    if scheme not in REMOTE_SCHEMAS or scheme == "remote":
        known = ", ".join(f"{name}://" for name in REMOTE_SCHEMAS if name not in {"", "remote"})
        raise Blocked(f"DVC knows no remote on {scheme}://", hint=f"Use a folder or one of {known}.")
    return scheme


def overlaid(found: Options, settings: RemoteSettings) -> dict[str, object]:
    """Return the options of a remote: the repository's (`found`, with its URL), with the settings' over them.

    Raises Blocked, naming the option and not its value, if DVC doesn't take what the settings say.
    """
    scheme = scheme_of(str(found["url"]))
    known = {str(option) for option in REMOTE_SCHEMAS[scheme]}
    never_ask = {name: value for name, value in _NEVER_ASK.items() if name in known}
    given = {**_named_settings(scheme, settings), **_checked(scheme, known, settings.options)}
    return {**_PATIENCE.get(scheme, {}), **found, **never_ask, **given}


def _named_settings(scheme: str, settings: RemoteSettings) -> dict[str, object]:
    given: dict[str, object] = {}
    if scheme == "s3":
        given = {
            "endpointurl": settings.s3_endpoint,
            "access_key_id": settings.s3_access_key_id,
            "secret_access_key": settings.s3_secret_access_key,
        }
    elif scheme == "gs" and settings.gcs_credentials_file is not None:
        given = {"credentialpath": str(settings.gcs_credentials_file.resolve())}
    return {key: value for key, value in given.items() if value is not None}


def _checked(scheme: str, known: set[str], options: Options) -> dict[str, object]:
    """Return DVC_REMOTE_OPTIONS as DVC's schema takes them, paths made absolute."""
    checked = dict(options)
    for option, value in options.items():
        if option in _OF_THE_REPOSITORY:
            raise Blocked(
                f"DVC_REMOTE_OPTIONS has {option}, which whoever pulls needs too",
                hint="Put it into the repository: `dvc remote modify`, commit and push.",
            )
        if option not in known:
            kind = f"{scheme}://" if scheme else "a folder"
            there = ", ".join(sorted(known - _OF_THE_REPOSITORY))
            raise Blocked(
                f"DVC_REMOTE_OPTIONS has {option}, which DVC doesn't know for {kind}", hint=f"Use one of: {there}."
            )
        try:
            Schema(REMOTE_SCHEMAS[scheme])({option: value})
        except Invalid as error:
            raise Blocked(
                f"DVC_REMOTE_OPTIONS: {option} is wrong: {error.error_message}",
                hint="https://dvc.org/doc/user-guide/data-management/remote-storage says what each option takes.",
            ) from None
        if option in PATHS:
            checked[option] = str(Path(str(value)).expanduser().absolute())
    return checked
