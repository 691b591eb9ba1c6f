from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Sample = Callable[[str], bytes]


@pytest.fixture
def sample() -> Sample:
    """Return the body of an object that Label Studio 1.23 saved, by its name in tests/samples."""
    folder = Path(__file__).parents[2] / "samples"
    return lambda name: (folder / f"{name}.json").read_bytes()
