"""A version-aware remote: it keeps the dataset under its own name, and versions of it by the cloud's version ids.

Only DVC knows how, so its own commands do it, in a disposable project with nothing but the configuration and the `.dvc`
file. They write the version's id into that file, and that is what the commit must hold.
https://dvc.org/doc/user-guide/data-management/cloud-versioning
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from dvc_sync_s3.dvc.answering import Answering
from dvc_sync_s3.dvc.believed import md5_of
from dvc_sync_s3.dvc.cache import Cache
from dvc_sync_s3.dvc.child import Outcome, Task
from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.opening import Opened, open_remote, translated
from dvc_sync_s3.dvc.pointer import read_version_id, write_pointer
from dvc_sync_s3.dvc.remote import Remote, told_md5
from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.process import run_child

_AGAIN = "It is tried again by itself. If this goes on, run the same command in a clone and read its answer."
_TIMEOUT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Project:
    """The DVC project that the dataset belongs to: its folder in the clone, the dataset's path in it."""

    root: Path
    out: str
    file: str
    """The `.dvc` file's path in it."""
    pointer: Callable[[], bytes | None]
    """Tells the `.dvc` file as the branch has it."""
    workshop: Path
    """Where a disposable project may be made; it is emptied each time."""


class VersionedRemote:
    """The calls of `Remote`, by DVC's commands: about a second and a half each instead of a few requests."""

    def __init__(self, opened: Opened, project: Project, environ: Mapping[str, str] = os.environ) -> None:
        self.name = opened.name
        self._opened = opened
        self._project = project
        self._environ = environ
        self._pushed: dict[str, bytes] = {}

    @property
    def folder(self) -> None:
        """Return None: no folder is version-aware."""
        return None

    def fetch(self, md5: str, to: Path) -> None:
        """Copy the version `md5`, which must be the branch's, to the file `to`; raises Transient or Blocked."""
        self.refuse_folder(md5)
        self._ask()
        with self._disposable(self._project.pointer() or b"") as folder:
            self._run("fetch", folder)
            fetched = Cache(folder / ".dvc" / "cache").path(md5)
            if not fetched.is_file() or md5_of(fetched) != md5:
                raise Blocked(
                    f"the version {md5} that the branch names is not on the remote {self.name}",
                    hint="Ask the author of the last change to run `dvc push`, commit and push.",
                )
            fetched.replace(to)

    def push(self, md5: str, source: Path) -> None:
        """Make `source`, whose md5 this is, the newest version of the dataset; raises Transient or Blocked."""
        self._ask()
        project = self._project
        plain = write_pointer(project.pointer(), project.out, md5, source.stat().st_size, file=project.file)
        with self._disposable(plain) as folder:
            cached = Cache(folder / ".dvc" / "cache").path(md5)
            cached.parent.mkdir(parents=True)
            _link(source, cached)
            self._run("push", folder)
            self._pushed = {md5: (folder / self._project.file).read_bytes()}

    def verify(self, md5: str, size: int) -> None:
        """Raise Transient unless the version that was pushed has this size and, where it is told, this md5."""
        project = self._project
        version_id = read_version_id(self.pointer(md5, b""), project.out, project.file, self.name)
        file_system = self._opened.file_system
        path = file_system.join(self._opened.root, *self._project.out.split("/"))
        with translated(f"ask the remote {self.name}"):
            try:
                info = file_system.info(file_system.version_path(path, version_id)) if version_id else {}
            except FileNotFoundError:
                info = {}
        if info.get("size") != size or told_md5(info) not in {None, md5}:
            raise Transient(
                f"the remote {self.name} does not hold {md5} as it was pushed", hint="It is pushed again by itself."
            )

    def fetch_all(self, targets: Iterable[tuple[str, Path]]) -> None:
        """Fetch each of these."""
        for md5, to in targets:
            self.fetch(md5, to)

    def push_all(self, sources: Iterable[tuple[str, Path]]) -> None:
        """Push each of these: there is at most one."""
        for md5, source in sources:
            self.push(md5, source)

    def verify_all(self, sizes: Iterable[tuple[str, int]]) -> None:
        """Verify each of these."""
        for md5, size in sizes:
            self.verify(md5, size)

    def refuse_folder(self, md5: str) -> None:
        """Raise Blocked if `md5` is that of a folder's listing: its files have version ids of their own."""
        if md5.endswith(".dir"):
            raise Blocked(
                f"the remote {self.name} is version-aware, and the dataset is a folder",
                hint="Set DVC_DATASET to a dataset that is one file, or use a remote that isn't version-aware.",
            )

    def pointer(self, md5: str, plain: bytes) -> bytes:
        """Return the `.dvc` file that names this version by its id, `plain` if it wasn't pushed by us."""
        return self._pushed.get(md5, plain)

    def _ask(self) -> None:
        """Raise what keeps us from the remote: DVC's commands only count files that failed."""
        with translated(f"ask the remote {self.name}"):
            self._opened.file_system.exists(self._opened.root)

    @contextmanager
    def _disposable(self, pointer: bytes) -> Iterator[Path]:
        folder, file = self._project.workshop, self._project.file
        shutil.rmtree(folder, ignore_errors=True)
        try:
            (folder / ".dvc").mkdir(parents=True)
            shutil.copyfile(self._project.root / ".dvc" / "config", folder / ".dvc" / "config")
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(pointer)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, command: Literal["push", "fetch"], folder: Path) -> None:
        task = Task(command, str(folder), self._project.file, self.name, dict(self._opened.options))
        try:
            done = run_child(
                (sys.executable, "-m", "dvc_sync_s3.dvc.child"),
                folder=folder,
                environment=self._environ,
                timeout_s=_TIMEOUT_S,
                stdin=json.dumps(asdict(task)).encode(),
            )
        except subprocess.TimeoutExpired:
            raise Transient(f"dvc {command} did not finish in {_TIMEOUT_S:.0f} s", hint=_AGAIN) from None
        lines = done.stdout.decode(errors="replace").splitlines()
        if done.returncode != 0 or not lines:
            last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no word"])[-1]
            raise Transient(f"dvc {command} with the remote {self.name} failed: {last[:300]}", hint=_AGAIN)
        Outcome(**json.loads(lines[-1])).raise_if_failed()


AnyRemote = Remote | VersionedRemote
"""A remote of either kind: the same calls."""


def resolve(project: Project, pointer_remote: str | None, settings: RemoteSettings, answering: Answering) -> AnyRemote:
    """Return the remote that the out, the settings and the project's configuration ask for, of either kind."""
    opened = open_remote(project.root, pointer_remote, settings)
    return VersionedRemote(opened, project) if opened.is_version_aware else Remote.of(opened, answering)


def _link(source: Path, to: Path) -> None:
    try:
        to.hardlink_to(source)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, to)
