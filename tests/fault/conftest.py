"""Power cuts and kills: POSIX says what they may leave behind, so these tests run on Linux only."""

from __future__ import annotations

import sys

import pytest

collect_ignore_glob = [] if sys.platform == "linux" else ["*"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
