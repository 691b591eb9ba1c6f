"""Publishing as the work of a process of its own: nothing of it holds up a request."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from dvc_sync_s3.process import Turn
from dvc_sync_s3.store import index
from dvc_sync_s3.store.committer import Committer
from dvc_sync_s3.store.folder import DataFolder
from dvc_sync_s3.store.generation import Generation
from dvc_sync_s3.store.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from dvc_sync_s3.clock import Clock


@contextlib.contextmanager
def publishing(folder: Path, clock: Clock, upload_expiry: timedelta | None) -> Iterator[Publisher]:
    """Publish what any process commits in `folder`, whose index is there, until the context is left.

    Raises Transient if there is no index yet, sqlite3.Error or OSError if the disk refuses.
    """
    data = DataFolder(folder)
    connection = index.connect(data.index)
    committer = Committer(connection, Turn(data.writers_turn), Generation(data.generation), clock, lambda _: None)
    publisher = Publisher(data, data.rules(), committer, clock, upload_expiry)
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.close()
        committer.close()
