from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fault.power_cut import store_program
from tests.fault.power_cut.recording import Recording, build_library, record


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled journal."""
    return build_library(tmp_path_factory.mktemp("journal"))


@pytest.fixture(scope="session")
def recording(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Return a run that begins with no data folder at all."""
    return record(library, tmp_path_factory.mktemp("recording"), Path(store_program.__file__))


@pytest.fixture
def workshop() -> Iterator[Path]:
    """Return an empty folder for rebuilt disks, in memory where there is such a place: there fsync costs nothing."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    yield folder
    shutil.rmtree(folder)
