"""What the settings say of the team's repository and its DVC remote, in the words of the packages that use it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from dvc_sync_s3 import durable
from dvc_sync_s3.app.playground import FOLDER, playground_at
from dvc_sync_s3.dataset.selection import GroundTruth, Selection, Skips
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.git.merge_request import api_url, host_kind
from dvc_sync_s3.git.model import (
    Address,
    Author,
    Credentials,
    HostKind,
    MessageRules,
    Proposing,
    Repository,
    Signing,
    Ssh,
    is_ssh,
    read_address,
)
from dvc_sync_s3.settings import Settings

_DEFAULT_NAME = "dvc-sync"


def repository(settings: Settings, users_umask: int | None = None) -> Repository:
    """Return the team's repository, pushed to with `users_umask`.

    Raises SettingsError if its URL and the PAT settings name two tokens.
    """
    address = read_address(settings.git_repo or str(playground_at(FOLDER).repository))
    url = _from_here(address.url)
    name = settings.git_pat_name or address.username or _DEFAULT_NAME
    token = _token(settings, address)
    credentials = None if token is None else Credentials(name, token)
    if settings.git_ssh_key_file is not None and not is_ssh(url):
        raise SettingsError(
            "GIT_SSH_KEY_FILE is set, but GIT_REPO is no address for ssh, as git@host:team/data.git is."
        )
    return Repository(
        url,
        settings.git_branch,
        Author(settings.git_author_name or settings.git_pat_name or _DEFAULT_NAME, settings.git_author_email),
        credentials,
        username=address.username,
        committer=_committer(settings),
        ssh=Ssh(_absolute(settings.git_ssh_key_file), _absolute(settings.git_ssh_known_hosts_file)),
        signing=_signing(settings),
        message_rules=MessageRules(settings.git_commit_prefix or "", settings.git_sign_off),
        mailmap=_absolute(settings.git_mailmap_file),
        proposing=_proposing(settings, url, credentials),
        umask=_of_team(settings, users_umask),
    )


def target(team: Repository) -> str:
    """Return a name for the repository, the branch and the side branch together, that tells none of them."""
    side = None if team.proposing is None else team.proposing.side_branch
    return hashlib.sha256(json.dumps([team.url, team.branch, side]).encode()).hexdigest()[:16]


def _token(settings: Settings, address: Address) -> str | None:
    if settings.git_pat_token is None:
        return address.token
    token = settings.git_pat_token.get_secret_value()
    if address.token not in {None, token}:
        raise SettingsError("GIT_REPO and GIT_PAT_TOKEN hold two different tokens: keep the one in GIT_PAT_TOKEN.")
    return token


def _from_here(url: str) -> str:
    """Return a path as an absolute one, since git runs in the clone; other addresses as they are."""
    return url if "://" in url or is_ssh(url) else str(Path(url).expanduser().absolute())


def _proposing(settings: Settings, url: str, credentials: Credentials | None) -> Proposing | None:
    if not settings.git_merge_request:
        return None
    kind = HostKind(settings.git_host_kind) if settings.git_host_kind else host_kind(url)
    if kind is None:
        raise SettingsError(
            "GIT_HOST_KIND is missing: GIT_REPO doesn't tell whether its host is GitHub, GitLab or Gitea."
        )
    if kind is not HostKind.GITLAB and credentials is None:
        raise SettingsError("GIT_PAT_TOKEN is missing: GIT_MERGE_REQUEST needs it to open pull requests.")
    side = settings.git_merge_request_branch or f"dvc-sync/{settings.git_branch}"
    return Proposing(side, kind, settings.git_api_url or api_url(url, kind))


def _committer(settings: Settings) -> Author | None:
    name, email = settings.git_committer_name, settings.git_committer_email
    return Author(name, email) if name is not None and email is not None else None


def _signing(settings: Settings) -> Signing:
    key, wanted = settings.git_signing_key, settings.git_sign_commits
    if key is None:
        return Signing(wanted, None, settings.git_signing_format)
    is_file = Path(key).expanduser().is_file()
    kind = settings.git_signing_format or ("ssh" if is_file else "openpgp")
    return Signing(is_wanted=True, key=str(Path(key).expanduser().absolute()) if is_file else key, format=kind)


def _of_team(settings: Settings, users_umask: int | None) -> int | None:
    """Return the umask for what is a team's; the playground is this user's alone, as all that the service writes."""
    return None if settings.git_repo is None else users_umask


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.absolute()


def selection(settings: Settings) -> Selection:
    """Return which annotations become the dataset."""
    return Selection(settings.dataset_places, Skips(settings.dataset_skips), GroundTruth(settings.dataset_ground_truth))


def remote_settings(settings: Settings, hidden: Path, users_umask: int | None = None) -> RemoteSettings:
    """Return what the settings say of the DVC remote; a Google key given as text becomes a private file."""
    key, file = settings.dvc_gcp_service_account_key, settings.dvc_google_application_credentials
    if key is not None:
        file = hidden.absolute() / "google-key.json"
        durable.write_file(file, key.get_secret_value().encode(), mode=durable.PRIVATE)
    secret = settings.dvc_s3_secret_access_key
    return RemoteSettings(
        name=settings.dvc_remote_name,
        url=settings.remote_url,
        s3_endpoint=settings.dvc_s3_endpoint,
        s3_access_key_id=settings.dvc_s3_access_key_id,
        s3_secret_access_key=secret.get_secret_value() if secret else None,
        gcs_credentials_file=file,
        options=settings.remote_options,
        umask=_of_team(settings, users_umask),
    )
