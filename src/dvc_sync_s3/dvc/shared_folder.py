"""Whether a remote that is a folder is the same folder for everyone, as a pure decision.

DVC takes a relative path from where its configuration is and `~` from who runs it: each member has another folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from dvc.config_schema import ExpPath, RelPath

from dvc_sync_s3.dvc.overlay import Options, scheme_of
from dvc_sync_s3.dvc.saying import without_passwords
from dvc_sync_s3.errors import Blocked

_EVERYONE = (
    "Give it an address that everyone reaches: `dvc remote modify <name> url`, commit and push; or, if everyone mounts "
    "the same folder there, name that by its whole path in DVC_REMOTE_URL."
)


def with_shared_folder(name: str, found: Options, remotes: Mapping[str, Options], settings_url: str | None) -> Options:
    """Return the options `found` of the repository's remote `name`, with a folder that the settings name as its URL.

    `remotes` are all remotes as DVC read them. Raises Blocked if the remote is a folder of this machine's or this
    clone's own, which a commit would name and nobody could pull from, and the settings don't name a folder for it.
    """
    url = str(found["url"])
    if scheme_of(url):
        return found
    if not isinstance(_base_url(name, remotes), RelPath | ExpPath):
        return {**found, "url": _plain(name, url)}
    if settings_url is not None and not scheme_of(settings_url):
        return {**found, "url": of_settings(settings_url)}
    shown = without_passwords(url)
    raise Blocked(f"the remote {name} is {shown} here, but its path is another one for each member", hint=_EVERYONE)


def of_settings(url: str) -> str:
    """Return the URL of the settings, in which a path is a whole one. Raises Blocked.

    >>> of_settings("s3://bucket/dvc")
    's3://bucket/dvc'
    """
    return url if scheme_of(url) else _plain("of DVC_REMOTE_URL", url)


def _plain(name: str, path: str) -> str:
    """Raise Blocked for what DVC would take for a relative path: it knows no `file://`."""
    scheme = urlsplit(path).scheme
    if len(scheme) > 1 and path.startswith(f"{scheme}://"):  # one letter is a drive of Windows'
        raise Blocked(
            f"the remote {name} is {without_passwords(path)}, which DVC takes for a path in the folder where it runs",
            hint="Write the folder's path alone, such as /mnt/team/dvcstore.",
        )
    return path


def _base_url(name: str, remotes: Mapping[str, Options]) -> object:
    """Return the URL that a remote ends in: `remote://base/team` builds on the remote `base`."""
    url = remotes[name]["url"]
    parts = urlsplit(str(url))
    return _base_url(parts.netloc.lower(), remotes) if parts.scheme == "remote" else url
