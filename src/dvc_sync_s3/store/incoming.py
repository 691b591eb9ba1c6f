"""A body on its way in: in memory while small, in a file in staging once it isn't."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import shutil
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar

from dvc_sync_s3 import durable
from dvc_sync_s3.store.folder import open_body
from dvc_sync_s3.store.writes import Body

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from dvc_sync_s3.store.folder import DataFolder

T = TypeVar("T")

SMALL_BYTES = 256 * 1024
"""Up to here a body is committed with its change; above, memory is bounded by this and one write."""
STAGED_PREFIX = "body"


class Incoming:
    """Collect a body; leaving the context discards it unless it was stored."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._pieces: list[bytes] = []
        self._buffered = 0
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._work: asyncio.Future[Any] | None = None
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
        if self._path is not None:
            remove_file(self._path)

    async def write(self, data: bytes) -> None:
        """Append `data`; raises OSError if the disk refuses it."""
        self._pieces.append(data)
        self._buffered += len(data)
        self.size += len(data)
        if self._buffered > SMALL_BYTES:
            await self._in_thread(self._spill)

    async def seal(self) -> Body:
        """Return the whole body, on disk if it isn't small; raises OSError if the disk refuses it."""
        if self._file is None or self._path is None:
            return Body(self.size, b"".join(self._pieces), None)
        await self._in_thread(functools.partial(self._sync, self._file))
        return Body(self.size, None, self._path.name)

    async def append(self, path: Path, size: int) -> bool:
        """Append a file's content and return whether there was one of `size` bytes; raises OSError."""
        return await self._in_thread(functools.partial(self._append, path, size))

    async def seal_into(self, folder: Path) -> Body:
        """Return the whole body, however small, as a durable file in `folder`; raises OSError."""
        name = await self._in_thread(functools.partial(self._move, folder))
        return Body(self.size, None, name)

    def hand_over(self) -> None:
        """Leave the file to the index from now on."""
        self._path = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        future = self._work = asyncio.get_running_loop().run_in_executor(None, work)
        return await asyncio.shield(future)

    def _spill(self) -> BinaryIO:
        if self._file is None:
            name, self._file = self._folder.new_staged(STAGED_PREFIX)
            self._path = self._folder.staging / name
        self._file.writelines(self._pieces)
        self._pieces.clear()
        self._buffered = 0
        return self._file

    def _append(self, path: Path, size: int) -> bool:
        source = open_body(path, size)
        if source is None:
            return False
        with source.file:
            shutil.copyfileobj(source.file, self._spill())
        self.size += size
        return True

    def _move(self, folder: Path) -> str:
        file = self._spill()
        durable.sync_file(file)
        file.close()
        assert self._path is not None
        self._path = self._path.replace(folder / self._path.name)
        durable.sync_folder(folder)
        return self._path.name

    def _sync(self, file: BinaryIO) -> None:
        self._spill()
        durable.sync_file(file)
        file.close()
        durable.sync_folder(self._folder.staging)


def remove_file(path: Path) -> None:
    """Remove a file that no row names; one that can't be removed is swept later."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
