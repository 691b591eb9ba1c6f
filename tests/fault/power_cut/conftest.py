from __future__ import annotations

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
    return record(library, tmp_path_factory.mktemp("recording"), store_program.__name__)
