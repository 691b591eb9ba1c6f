from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dvc_sync_s3.store.store import Store


class StillClock:
    """Stand still until moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 12, 0, 0, 250, tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self.time

    def monotonic_s(self) -> float:
        return self.time.timestamp()

    def move(self, seconds: float) -> None:
        with self._lock:
            self.time += timedelta(seconds=seconds)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def store(folder: Path, clock: StillClock) -> AsyncIterator[Store]:
    store = Store(folder, clock)
    await store.start()
    await store.create_bucket("team")
    yield store
    await store.close()
