"""A body on its way in: in memory while small, in a file in staging once it isn't."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, BinaryIO, Self

from dvc_sync_s3 import durable
from dvc_sync_s3.store.writes import Body

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from dvc_sync_s3.store.folder import DataFolder

SMALL_BYTES = 256 * 1024
"""Up to here a body is committed with its change; above, memory is bounded by this and one write."""
STAGED_PREFIX = "body"


class Incoming:
    """Collect a body; leaving the context discards it unless it was stored."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._buffer = bytearray()
        self._name: str | None = None
        self._file: BinaryIO | None = None
        self._work: asyncio.Future[None] | None = None
        self.size = 0
        """Bytes written so far."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._work is not None:
            await asyncio.wait({self._work})  # cancelling the caller doesn't stop the thread
        if self._file is not None:
            self._file.close()
        if self._name is not None:
            remove_file(self._folder.staging / self._name)

    async def write(self, data: bytes) -> None:
        """Append `data`; raises OSError if the disk refuses it."""
        self._buffer += data
        self.size += len(data)
        if len(self._buffer) > SMALL_BYTES:
            await self._in_thread(self._spill)

    async def seal(self) -> Body:
        """Return the whole body, on disk if it isn't small; raises OSError if the disk refuses it."""
        if self._file is None:
            return Body(self.size, bytes(self._buffer), None)
        await self._in_thread(functools.partial(self._sync, self._file))
        return Body(self.size, None, self._name)

    def hand_over(self) -> None:
        """Leave the file in staging to the index from now on."""
        self._name = None

    async def _in_thread(self, work: Callable[[], None]) -> None:
        self._work = asyncio.get_running_loop().run_in_executor(None, work)
        await asyncio.shield(self._work)

    def _spill(self) -> None:
        if self._file is None:
            self._name, self._file = self._folder.new_staged(STAGED_PREFIX)
        self._file.write(self._buffer)
        self._buffer.clear()

    def _sync(self, file: BinaryIO) -> None:
        self._spill()
        durable.sync_file(file)
        file.close()
        durable.sync_folder(self._folder.staging)


def remove_file(path: Path) -> None:
    """Remove a file that no row names; one that can't be removed is swept later."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
