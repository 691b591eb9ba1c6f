"""The DVC remote, whatever kind it is: DVC resolves it, we say which object goes there.

Uses internals of the pinned DVC (`dvc.config.Config`, `dvc.fs.get_fs_config`, `get_cloud_fs`): with them an upload
costs one request where `dvc push` scans the remote and starts for half a second.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from dvc.config import Config
from dvc.fs import FileSystem, get_cloud_fs, get_fs_config

from dvc_sync_s3.durable import make_folder, sync_file, sync_folder
from dvc_sync_s3.dvc.cache import md5_of
from dvc_sync_s3.dvc.choice import RemoteSettings, choose
from dvc_sync_s3.dvc.failures import REMOTE_ERRORS, classify
from dvc_sync_s3.errors import Blocked, Transient

_CHUNK_BYTES = 1024 * 1024
_Options = Mapping[str, object]


class Remote:
    """A place for versions of the dataset, each under its md5. Every method raises Transient or Blocked."""

    def __init__(self, name: str, file_system: FileSystem, root: str) -> None:
        self.name = name
        self._fs = file_system
        self._root = root

    @classmethod
    def resolve(cls, worktree: Path, pointer_remote: str | None, settings: RemoteSettings) -> Remote:
        """Return the remote that the out, the settings and `worktree`'s `.dvc/config` ask for.

        The settings' credentials and endpoint are laid over the repository's in memory, never written. Resolve
        again only when one of the three changes: each remote holds its own connections.
        """
        with _translated("read .dvc/config"):
            config = Config(str(worktree / ".dvc"))
            name = choose(
                out_remote=pointer_remote,
                settings=settings,
                names=config["remote"].keys(),
                default=config["core"].get("remote"),
            )
            found = get_fs_config(config, name=name) if name else {"url": settings.url}
            options = found | _overrides(str(found["url"]), settings)
            kind, arguments, root = get_cloud_fs(config, **options)
        shown = name or (settings.name or "of DVC_REMOTE_URL")
        if arguments.get("version_aware") or arguments.get("worktree"):
            raise Blocked(
                f"the remote {shown} is version-aware", hint="Use a remote without version_aware and worktree."
            )
        with _translated(f"open the remote {shown}"):
            return cls(shown, kind(**arguments), root)

    def has(self, md5: str) -> bool:
        """Tell whether the remote holds an object of that name."""
        return self._info(md5) is not None

    def fetch(self, md5: str, to: Path) -> None:
        """Copy the version `md5` to the file `to`, which appears whole and with that md5 or not at all."""
        partial = to.with_name(f".{to.name}.part")
        try:
            if self._info(md5) is None:
                raise Blocked(
                    f"the branch names the version {md5}, which is not on the remote {self.name}",
                    hint="Ask the author of the last change to run `dvc push`; if all are missing, check the URL.",
                )
            with self._doing("fetch from"):
                self._fs.get_file(self._path(md5), str(partial))
            if md5_of(partial) != md5:
                raise Blocked(
                    f"the object {md5} on the remote {self.name} holds something else",
                    hint="Delete it there and ask whoever has the version to run `dvc push`.",
                )
            partial.replace(to)
        finally:
            partial.unlink(missing_ok=True)

    def push(self, md5: str, source: Path) -> None:
        """Make the remote hold the file `source`, whose md5 is `md5`; upload only if it isn't there as it should be."""
        if self._holds(md5, source.stat().st_size):
            return
        path = self._path(md5)
        with self._doing("push to"):
            if self._is_folder:
                make_folder(Path(path).parent)
            else:
                self._fs.makedirs(self._fs.parent(path), exist_ok=True)
            self._fs.put_file(str(source), path)
            if self._is_folder:
                _settle(Path(path))

    def verify(self, md5: str, size: int) -> None:
        """Raise Transient unless the remote holds `md5` with `size` bytes and, where it tells, with that md5.

        A folder is read again; S3 and Google Cloud tell the md5 of what was uploaded in one part.
        """
        if not self._holds(md5, size):
            raise Transient(
                f"the remote {self.name} does not hold {md5} as it was pushed", hint="It is pushed again by itself."
            )

    @property
    def _is_folder(self) -> bool:
        return str(self._fs.protocol) == "local"

    def _path(self, md5: str) -> str:
        return str(self._fs.join(self._root, "files", "md5", md5[:2], md5[2:]))

    def _info(self, md5: str) -> _Options | None:
        with self._doing("ask"):
            try:
                return cast("_Options", self._fs.info(self._path(md5)))
            except FileNotFoundError:
                return None

    def _holds(self, md5: str, size: int) -> bool:
        info = self._info(md5)
        if info is None or info.get("size") != size:
            return False
        with self._doing("read back from"):
            if self._is_folder:
                return md5_of(Path(self._path(md5))) == md5
            # An ETag may look like an md5 and be none (encrypted with KMS): only reading back settles a difference.
            return told_md5(info) in {None, md5} or self._read_back_md5(md5) == md5

    def _read_back_md5(self, md5: str) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        with self._fs.open(self._path(md5), mode="rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    @contextmanager
    def _doing(self, verb: str) -> Iterator[None]:
        with _translated(f"{verb} the remote {self.name}"):
            yield


def told_md5(info: _Options) -> str | None:
    """Return the md5 (hexadecimal) that an object's description tells, None if it tells none.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html (ETag)
    https://cloud.google.com/storage/docs/json_api/v1/objects (md5Hash)

    >>> told_md5({"ETag": '"d41d8cd98f00b204e9800998ecf8427e"'})
    'd41d8cd98f00b204e9800998ecf8427e'
    >>> told_md5({"ETag": '"9b2cf535f27731c974343645a3985328-2"'}) is None
    True
    """
    if isinstance(encoded := info.get("md5Hash"), str):
        return base64.b64decode(encoded).hex()
    etag = str(info.get("ETag", "")).strip('"')
    return etag if re.fullmatch(r"[0-9a-f]{32}", etag) else None


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except REMOTE_ERRORS as error:
        raise classify(error, doing) from error


def _overrides(url: str, settings: RemoteSettings) -> dict[str, object]:
    """Return the settings that DVC's schema knows for this kind of remote."""
    given: dict[str, object] = {}
    if url.startswith("s3://"):
        given = {
            "endpointurl": settings.s3_endpoint,
            "access_key_id": settings.s3_access_key_id,
            "secret_access_key": settings.s3_secret_access_key,
        }
    elif url.startswith("gs://") and settings.gcs_credentials_file is not None:
        if not settings.gcs_credentials_file.is_file():  # gcsfs would take the path itself for a token
            raise Blocked(
                f"the Google Cloud key file {settings.gcs_credentials_file} is not there",
                hint="Set its path, and mount it if the service runs in a container.",
            )
        given = {"credentialpath": str(settings.gcs_credentials_file.resolve())}
    return {key: value for key, value in given.items() if value is not None}


def _settle(path: Path) -> None:
    """Make a file that DVC copied survive a power cut, and read-only: DVC hashes writable objects at each query."""
    path.chmod(0o644)
    with path.open("r+b") as file:
        sync_file(file)
    path.chmod(0o444)
    sync_folder(path.parent)
