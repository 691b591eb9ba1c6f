"""The sync as the application builds it, on a counted S3 remote and a counted Git server."""

from __future__ import annotations

import asyncio
import hashlib
import os
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dvc_sync_s3.app.worker import build_cycle
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.settings import Settings
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.store import Store
from dvc_sync_s3.sync.cycle import Cycle
from dvc_sync_s3.sync.ledger import Ledger
from tests.counts.counted_s3 import BUCKET, KEY_ID, SECRET, CountedS3, serve_counted_s3
from tests.e2e.servers.annotations import annotation_object
from tests.e2e.servers.git_server import USER, GitServer, serve_git
from tests.e2e.servers.team import TeamRepository, make_repository

DATASET = "data/data.json"
FOLDER = "data/annotations"
FIRST = 500
TEXT = "a text " * 1000
"""Makes a record of 7 KB, so that what depends on the dataset's size stands out."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one cycle asked of others, and what this process read and wrote for it, in bytes."""

    s3: Counter[str]
    s3_received_bytes: int
    s3_sent_bytes: int
    git: Counter[str]
    """Requests with a token; git asks without one first."""
    read_bytes: int
    written_bytes: int


@dataclass
class CountedSync:
    """A store, the cycle that syncs it, and the servers it syncs to."""

    team: TeamRepository
    store: Store
    cycle: Cycle
    s3: CountedS3
    git: GitServer
    clone: Path

    def cached_bytes(self) -> int:
        """Return the size of all that lies in the clone's DVC cache."""
        return sum(path.stat().st_size for path in (self.clone / ".dvc/cache").rglob("*") if path.is_file())

    def save(self, *numbers: int, label: str = "pos") -> None:
        """Save annotations; each is the only one of a task of its own."""

        async def put(number: int) -> None:
            body = annotation_object(number, label, task=number, text=TEXT)
            async with self.store.receive() as incoming:
                await incoming.write(body)
                etag = hashlib.md5(body).hexdigest()
                await self.store.put(NewObject("annotations", str(number), etag), incoming)

        async def put_all() -> None:
            await asyncio.gather(*(put(number) for number in numbers))
            await asyncio.to_thread(self.store.publish)

        asyncio.run(put_all())

    def dataset_bytes(self) -> int:
        """Return the size of the dataset's newest version, which its `.dvc` file on the branch says."""
        pointer = self.team.git("cat-file", "blob", f"main:{DATASET}.dvc")
        return next(int(line.split()[1]) for line in pointer.splitlines() if line.strip().startswith("size:"))

    def sync(self, *, is_committed: bool = True) -> Cost:
        """Run one cycle and return what it cost."""
        self.s3.forget()
        self.git.requests.clear()
        read, written = io_bytes()
        assert (self.cycle.run().commit is not None) is is_committed
        read, written = (after - before for after, before in zip(io_bytes(), (read, written), strict=True))
        git = Counter(request.path.rpartition("/")[2] for request in self.git.requests if request.is_authorized)
        return Cost(self.s3.requests.copy(), self.s3.received_bytes, self.s3.sent_bytes, git, read, written)


def io_bytes() -> tuple[int, int]:
    """Return what this process has read and written by system calls: https://docs.kernel.org/filesystems/proc.html."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    fields = {name: int(value) for name, _, value in (line.partition(": ") for line in lines)}
    return fields["rchar"], fields["wchar"]


@pytest.fixture(scope="module")
def sync(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountedSync]:
    """Return a sync whose dataset, one file, holds the tasks 1 to 500, all synced; it is warm."""
    with _counted(tmp_path_factory.mktemp("counted"), DATASET) as made:
        yield made


@pytest.fixture(scope="module")
def folder_sync(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountedSync]:
    """Return the same for a dataset that is a folder of two shards."""
    with _counted(tmp_path_factory.mktemp("counted"), FOLDER) as made:
        yield made


@contextmanager
def _counted(folder: Path, dataset: str) -> Iterator[CountedSync]:
    (folder / "git-server").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_NO_ANALYTICS", "1")
        patch.setenv("DVC_SITE_CACHE_DIR", str(folder / "site-cache"))
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        with (
            serve_counted_s3(folder / "s3") as s3,
            serve_git(folder / "git-server") as git,
            _open(folder, dataset, s3, git) as made,
        ):
            made.save(*range(1, FIRST + 1))
            made.sync()
            yield made


def _team(folder: Path, s3: CountedS3) -> TeamRepository:
    team = make_repository(folder / "git-server/team.git", folder / "workshop")
    config = f"""
        [core]
            remote = storage
        ['remote "storage"']
            url = s3://{BUCKET}/dvc
            endpointurl = {s3.url}
    """
    (team.member.folder / ".dvc").mkdir()
    (team.member.folder / ".dvc/config").write_text(textwrap.dedent(config), encoding="utf-8")
    team.member.commit_and_push("initialise DVC")
    return team


@contextmanager
def _open(folder: Path, dataset: str, s3: CountedS3, git: GitServer) -> Iterator[CountedSync]:
    team = _team(folder, s3)
    settings = Settings(
        _env_file=None,
        s3_data_folder=folder / "objects",
        git_folder=folder / "clone",
        git_repo=git.repository_url(team.name),
        git_pat_name=USER,
        git_pat_token=git.token,
        dvc_dataset=dataset,
        dvc_s3_access_key_id=KEY_ID,
        dvc_s3_secret_access_key=SECRET,
    )
    store = Store(settings.s3_data_folder, SystemClock())
    asyncio.run(store.start())
    asyncio.run(store.create_bucket("annotations"))
    hidden = settings.s3_data_folder / HIDDEN_NAME
    ledger = Ledger(hidden)
    try:
        cycle = build_cycle(settings, hidden, ledger, lambda _: None)
        yield CountedSync(team, store, cycle, s3, git, settings.git_folder)
    finally:
        ledger.close()
        asyncio.run(store.close())


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CountedS3]:
    """An S3 server that counts, and nothing in the environment that names another account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with serve_counted_s3(tmp_path / "s3") as counted:
        yield counted
