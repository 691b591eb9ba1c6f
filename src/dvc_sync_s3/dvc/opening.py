"""Open the remote that the branch and the settings ask for: DVC says of which class it is, and where on it data goes.

Uses internals of the pinned DVC: `dvc.config.Config`, `dvc.fs.get_fs_config`, `get_cloud_fs`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dvc.config import Config, ConfigError
from dvc.fs import FileSystem, RemoteMissingDepsError, get_cloud_fs, get_fs_config

from dvc_sync_s3.dvc.choice import RemoteSettings, choose
from dvc_sync_s3.dvc.failures import classify, remote_errors
from dvc_sync_s3.dvc.overlay import EXTRAS, PATHS, Options, overlaid, scheme_of
from dvc_sync_s3.dvc.shared_folder import of_settings, with_shared_folder
from dvc_sync_s3.errors import Blocked

_SSH_KEEPALIVE = {"keepalive_interval": 15, "keepalive_count_max": 3}


@dataclass(frozen=True, slots=True)
class Opened:
    """A remote's name for people, DVC's file system of it, the folder on it that holds DVC's objects, all its options.

    A version-aware remote keeps files under their own names instead, and only DVC's commands know how.
    """

    name: str
    file_system: FileSystem
    root: str
    options: Options = field(repr=False)
    is_version_aware: bool
    umask: int | None = None


def open_remote(dvc_root: Path, pointer_remote: str | None, settings: RemoteSettings) -> Opened:
    """Return the remote that the out, the settings and `.dvc/config` below `dvc_root` ask for.

    The settings' options are laid over the repository's in memory, never written. Connects to nothing yet. Raises
    Blocked, saying what a person must set or install.
    """
    config = _read_config(dvc_root)
    with translated("read .dvc/config"):
        name = choose(
            out_remote=pointer_remote,
            settings=settings,
            names=config["remote"].keys(),
            default=config["core"].get("remote"),
        )
        found = _found(name, config, settings)
    shown = name or (settings.name or "of DVC_REMOTE_URL")
    options = _without_danger(shown, overlaid(found, settings), config, settings, dvc_root)
    scheme = scheme_of(str(options["url"]))
    try:
        with translated(f"open the remote {shown}"):
            kind, arguments, root = get_cloud_fs(config, **options)
            is_version_aware = bool(arguments.get("version_aware") or arguments.get("worktree"))
            arguments |= {"version_aware": True} if is_version_aware else {}
            if scheme == "ssh":  # DVC's own client asks whoever sits at the terminal
                arguments["client_factory"] = importlib.import_module("asyncssh").SSHClient
            file_system = kind(**arguments)
            if scheme == "ssh":  # else a server that vanished would be waited for without end
                file_system.fs_args.update(_SSH_KEEPALIVE)
            return Opened(shown, file_system, root, options, is_version_aware, settings.umask)
    except Blocked as error:
        if isinstance(error.__cause__, ImportError | RemoteMissingDepsError) and scheme in EXTRAS:
            raise _not_installed(shown, scheme) from error
        raise


def _read_config(dvc_root: Path) -> Config:
    with translated("read .dvc/config"):
        try:
            return Config(str(dvc_root / ".dvc"))
        except (SyntaxError, TypeError) as error:  # a lone % or comma: ConfigObj's, which DVC doesn't expect either
            raise ConfigError(f"config file error: {error}") from error


def _found(name: str | None, config: Config, settings: RemoteSettings) -> Options:
    """Return what the repository, or without a name the settings, say of the remote."""
    if name is None:
        return {"url": of_settings(settings.url or "")}
    return with_shared_folder(name, get_fs_config(config, name=name), config["remote"], settings.url)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what DVC and its file systems raise into Transient or Blocked."""
    try:
        yield
    except remote_errors() as error:
        raise classify(error, doing) from error


def _not_installed(name: str, scheme: str) -> Blocked:
    extra = EXTRAS[scheme]
    return Blocked(
        f"DVC's support for {scheme}:// is not installed, and the remote {name} needs it",
        hint=f"Run `pip install 'dvc-sync-s3[{extra}]'` (Docker: set EXTRAS={extra} and build again), then restart.",
    )


def _without_danger(
    name: str, options: Options, config: Config, settings: RemoteSettings, dvc_root: Path
) -> dict[str, object]:
    """Return the options without what could run a command of the repository's, ask a person, or read a lost file."""
    _refuse_commands(name, options, config, settings)
    kept = dict(options)
    scheme = scheme_of(str(options["url"]))
    if scheme == "gdrive" and options.get("gdrive_use_service_account") not in (True, "true"):
        raise Blocked(
            f"the remote {name} would ask a person to log in to Google Drive",
            hint='Set DVC_REMOTE_OPTIONS to {"gdrive_use_service_account": true, '
            '"gdrive_service_account_json_file_path": "the key file"}.',
        )
    for option in PATHS:
        file = Path(str(options.get(option, "")))
        if option not in options or (file.is_file() and not _is_inside(file, dvc_root)):
            continue
        if scheme == "s3":  # there are other ways to its credentials
            del kept[option]
            continue
        raise Blocked(
            f"the remote {name} needs the file {file} ({option}), which is not on this machine",
            hint=f'Put it there outside the clone; set its path as DVC_REMOTE_OPTIONS=\'{{"{option}": "…"}}\'.',
        )
    return kept


def _refuse_commands(name: str, options: Options, config: Config, settings: RemoteSettings) -> None:
    """Refuse to run what the repository brings; the same in the settings or in DVC's global configuration is fine."""
    option = "bearer_token_command"
    brought = {remote.get(option) for remote in config.load_one("repo")["remote"].values()}
    if option not in settings.options and options.get(option, None) in brought - {None}:
        raise Blocked(
            f"the remote {name} names a command in .dvc/config ({option}); commands of the repository are never run",
            hint="Set `token`, or the command itself, in DVC_REMOTE_OPTIONS.",
        )


def _is_inside(file: Path, folder: Path) -> bool:
    return file.resolve().is_relative_to(folder.resolve())
