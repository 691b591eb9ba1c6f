"""Power cuts and kills: POSIX says what they may leave behind, so these tests run on Linux only."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fault.sync_runs import BEFORE, Service

collect_ignore_glob = [] if sys.platform == "linux" else ["*"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@contextmanager
def _in_memory() -> Iterator[Path]:
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def workshop() -> Iterator[Path]:
    """Return an empty folder, in memory where there is such a place: there fsync costs nothing."""
    with _in_memory() as folder:
        yield folder


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """Return a folder in memory where every service lives in its turn: to Git a copy elsewhere is another clone."""
    with _in_memory() as folder:
        yield folder


@pytest.fixture(scope="session")
def synced_folder(place: Path) -> Path:
    """Return a folder of a service that has synced, moved away; only to be copied back."""
    service = Service(place / "service")
    service.write(BEFORE)
    service.sync(BEFORE)
    return service.folder.rename(place / "synced")


@pytest.fixture
def new_service(place: Path) -> Iterator[Service]:
    """Return a service that has not synced yet."""
    yield Service(place / "service")
    shutil.rmtree(place / "service")


@pytest.fixture
def service(synced_folder: Path, place: Path) -> Iterator[Service]:
    """Return a service that has synced before."""
    yield Service(shutil.copytree(synced_folder, place / "service"))
    shutil.rmtree(place / "service")
