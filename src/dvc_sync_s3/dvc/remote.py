"""The DVC remote, whatever kind it is: DVC opens it, we say which object goes there.

An upload costs a few requests where `dvc push` scans the remote and starts for half a second.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from dvc.fs import FileSystem
from dvc_objects.db import ObjectDB

from dvc_sync_s3.dvc.answering import Answering
from dvc_sync_s3.dvc.believed import md5_of
from dvc_sync_s3.dvc.failures import classify, is_no_answer
from dvc_sync_s3.dvc.local_objects import FolderModes, LocalObjects
from dvc_sync_s3.dvc.opening import Opened, translated
from dvc_sync_s3.dvc.part_copy import upload
from dvc_sync_s3.dvc.parts import Basis, plan_parts, sent_bytes
from dvc_sync_s3.dvc.remote_folder import make_versions_folder
from dvc_sync_s3.errors import Blocked, SyncError, Transient

_CHUNK_BYTES = 1024 * 1024
_READ_AGAIN_BYTES = 32 * 1024 * 1024
_AT_A_TIME = 16
_MOST_ASKED_SINGLY = 64
_Options = Mapping[str, object]
_T = TypeVar("_T")


class Remote:
    """A place for versions of the dataset, each under its md5. Every method raises Transient or Blocked."""

    def __init__(
        self,
        name: str,
        file_system: FileSystem,
        root: str,
        answering: Answering | None = None,
        modes: FolderModes | None = None,
    ) -> None:
        self.name = name
        self._answering = answering or Answering()
        self._fs = file_system
        self._root = root
        self._modes = modes or FolderModes()
        self._local_objects = (
            LocalObjects(file_system, modes=self._modes) if str(file_system.protocol) == "local" else None
        )

    @classmethod
    def of(cls, opened: Opened, answering: Answering | None = None) -> Remote:
        """Return the calls on a remote that is not version-aware; each remote holds its own connections."""
        modes = FolderModes(opened.umask, bool(opened.options.get("shared")))
        return cls(opened.name, opened.file_system, opened.root, answering, modes)

    @property
    def folder(self) -> Path | None:
        """Return the folder that the remote is, None if it is on a server."""
        return None if self._local_objects is None else Path(self._root)

    @property
    def address(self) -> str:
        """Return where the remote is, without its options: equal for two that are one place."""
        return f"{self._fs.protocol} {self._root}"

    def prepare(self) -> None:
        """Make what a remote that is a folder lacks before its first push; one on a server needs nothing."""
        if self.folder is not None:
            with self._doing("prepare"):
                make_versions_folder(self.folder, self._modes)

    def has(self, md5: str) -> bool:
        """Tell whether the remote holds an object of that name."""
        return self._info(md5) is not None

    def missing(self, md5s: Collection[str]) -> set[str]:
        """Return which of several objects the remote doesn't hold; a large number is asked for as DVC would."""
        asked = set(md5s)
        if self._local_objects is not None:
            with self._doing("ask"):
                return {md5 for md5 in asked if not Path(self._path(md5)).is_file()}
        if len(asked) > _MOST_ASKED_SINGLY:
            asked -= self._listed(asked)
        with ThreadPoolExecutor(min(_AT_A_TIME, len(asked) or 1)) as pool:
            return {md5 for md5, is_there in zip(asked, pool.map(self.has, asked), strict=True) if not is_there}

    def _listed(self, md5s: set[str]) -> set[str]:
        """Return which of these DVC finds; it lists the remote where that takes fewer requests, and hides failures."""
        self._fs.fs.invalidate_cache()
        with self._doing("ask"):
            objects = ObjectDB(self._fs, str(self._fs.join(self._root, "files", "md5")))
            found: set[str] = set(objects.oids_exist(md5s))  # type: ignore[no-untyped-call]
        self._fs.fs.invalidate_cache()
        return found

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
            if md5_of(partial) != _hexadecimal(md5):
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
            if self._local_objects is not None:
                self._local_objects.put(source, Path(path), _hexadecimal(md5))
                return
            self._fs.makedirs(self._fs.parent(path), exist_ok=True)
            self._fs.put_file(str(source), path)

    def push_by_copy(self, md5: str, source: Path, basis: Basis) -> None:
        """Let an S3 remote copy itself what `source`, whose md5 is `md5`, shares with an older version there.

        Does nothing where that isn't S3, wouldn't save much, or fails; so `push` comes next in any case.
        """
        size = source.stat().st_size
        if str(self._fs.protocol) != "s3" or size <= _READ_AGAIN_BYTES:
            return
        parts = plan_parts(size, basis.shared)
        if sent_bytes(parts) <= size // 2:
            upload(self._fs.fs, parts, source, self._path(basis.md5), self._path(md5))

    def verify(self, md5: str, size: int) -> None:
        """Raise Transient unless the remote holds `md5` with `size` bytes and, where it tells, with that md5.

        What doesn't tell is read again: a server for up to 32 MiB, a folder unless this object read or linked the file.
        """
        if not self._holds(md5, size):
            raise Transient(
                f"the remote {self.name} does not hold {md5} as it was pushed", hint="It is pushed again by itself."
            )

    def fetch_all(self, targets: Iterable[tuple[str, Path]]) -> None:
        """Fetch several versions, each to its file, several at a time."""
        self._each(self.fetch, targets)

    def push_all(self, sources: Iterable[tuple[str, Path]]) -> None:
        """Push several files, each under its md5, several at a time and in no order."""
        self._each(self.push, sources)

    def verify_all(self, sizes: Iterable[tuple[str, int]]) -> None:
        """Verify several versions, given with their sizes in bytes, several at a time."""
        self._each(self.verify, sizes)

    def _each(self, step: Callable[[str, _T], None], given: Iterable[tuple[str, _T]]) -> None:
        pairs = list(given)
        if len(pairs) < 2:
            for pair in pairs:
                step(*pair)
            return
        with ThreadPoolExecutor(min(_AT_A_TIME, len(pairs))) as pool:
            steps = [pool.submit(step, *pair) for pair in pairs]
            try:
                for each in steps:
                    each.result()
            except SyncError:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def pointer(self, _md5: str, plain: bytes) -> bytes:
        """Return the `.dvc` file that names a version: `plain`, since an md5 says all about it."""
        return plain

    def _path(self, md5: str) -> str:
        return str(self._fs.join(self._root, "files", "md5", md5[:2], md5[2:]))

    def _info(self, md5: str) -> _Options | None:
        with self._doing("ask"):
            try:
                return cast("_Options", self._answering.of(self.name, lambda: self._fs.info(self._path(md5))))
            except FileNotFoundError as error:
                if is_no_answer(error):
                    raise classify(cast("Exception", error.__cause__), f"ask the remote {self.name}") from error
                return None

    def _holds(self, md5: str, size: int) -> bool:
        info = self._info(md5)
        if info is None or info.get("size", size) not in {size, None}:
            return False
        if self._local_objects is not None:
            with self._doing("read back from"):
                return self._local_objects.has(Path(self._path(md5)), _hexadecimal(md5), size)
        told = told_md5(info)
        if told is None and info.get("size") is not None and size > _READ_AGAIN_BYTES:
            return True
        # An ETag may look like an md5 and be none (encrypted with KMS): only reading it settles a difference.
        return _hexadecimal(md5) == told or self._md5_read_again(md5) == _hexadecimal(md5)

    def _md5_read_again(self, md5: str) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        with self._doing("read back from"), self._fs.open(self._path(md5), mode="rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    @contextmanager
    def _doing(self, verb: str) -> Iterator[None]:
        with translated(f"{verb} the remote {self.name}"):
            yield


def told_md5(info: _Options) -> str | None:
    """Return the md5 (hexadecimal) that an object's description tells, None if it tells none.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html (ETag; that of Alibaba's OSS is in capitals)
    https://cloud.google.com/storage/docs/json_api/v1/objects (md5Hash)
    https://learn.microsoft.com/rest/api/storageservices/get-blob-properties (Content-MD5)
    https://developers.google.com/drive/api/reference/rest/v3/files (md5Checksum, `checksum` to PyDrive2)

    >>> told_md5({"ETag": '"d41d8cd98f00b204e9800998ecf8427e"'})
    'd41d8cd98f00b204e9800998ecf8427e'
    >>> told_md5({"ETag": '"9b2cf535f27731c974343645a3985328-2"'}) is None
    True
    """
    if isinstance(encoded := info.get("md5Hash"), str):
        return base64.b64decode(encoded).hex()
    settings = info.get("content_settings")
    if isinstance(settings, Mapping) and isinstance(digest := settings.get("content_md5"), bytes | bytearray):
        return digest.hex()
    told = str(info.get("ETag") or info.get("checksum") or "").strip('"').lower()
    return told if re.fullmatch(r"[0-9a-f]{32}", told) else None


def _hexadecimal(md5: str) -> str:
    """Return the md5 in the id of a version, which for a folder has `.dir` behind it."""
    return md5.removesuffix(".dir")
